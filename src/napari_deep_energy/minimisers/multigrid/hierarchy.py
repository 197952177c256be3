"""Coarser and coarser graphs, and the cycle over them that preconditions conjugate gradients.

Notay and Vassilevski, "Recursive Krylov-based multigrid cycles" (2008): on each coarser level two
steps of conjugate gradients, preconditioned by the level below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from ...stopping import check
from .aggregation import aggregate

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ...stopping import Stop
    from .graph import Graph

    Columns = NDArray[np.float64]

SMALL = 3000
"""A graph of at most so many nodes is factored."""
LEAST_GAIN = 0.95
"""A graph that shrinks less is factored too."""
DAMPING = 0.7
"""Of Jacobi's smoother."""
SHIFT = 1e-13
"""Added to the factored matrix, relative to its diagonal: parts without a seed are singular."""


@dataclass(frozen=True)
class Level:
    """One graph, and how it hangs together with the next coarser."""

    matrix: sp.csr_array
    smoother: Columns
    """(N, 1) damped inverse of the diagonal."""
    restriction: sp.csr_array
    """(N', N) sums over groups."""
    prolongation: sp.csr_array


class Hierarchy:
    """A symmetric preconditioner; :meth:`precondition` is of a K-cycle."""

    def __init__(self, graph: Graph, stop: Stop) -> None:
        self._stop = stop
        self.levels: list[Level] = []
        while graph.size > SMALL:
            check(self._stop)
            group, coarse = aggregate(graph)
            if coarse.size > LEAST_GAIN * graph.size:
                break
            self.levels.append(_level(graph, group, coarse.size))
            graph = coarse
        check(self._stop)
        shifted = graph.matrix() + sp.diags_array(SHIFT * graph.diagonal + np.finfo(float).tiny)
        # Of a symmetric matrix with a strong diagonal: no pivoting, and half the fill.
        options = {"SymmetricMode": True}
        self._factor: Any = spla.splu(
            shifted.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options
        )
        self._coarsest = graph.matrix()

    def matrix(self, depth: int = 0) -> sp.csr_array:
        """A of a level, the finest first."""
        return self.levels[depth].matrix if depth < len(self.levels) else self._coarsest

    def precondition(self, residual: Columns, depth: int = 0) -> Columns:
        """An approximate solution of A x = residual, (N, K)."""
        check(self._stop)
        if depth == len(self.levels):
            solved: Columns = self._factor.solve(residual)
            return solved
        level = self.levels[depth]
        x = level.smoother * residual
        below = level.restriction @ (residual - level.matrix @ x)
        x += level.prolongation @ self._two_steps(below, depth + 1)
        x += level.smoother * (residual - level.matrix @ x)
        return x

    def _two_steps(self, rhs: Columns, depth: int) -> Columns:
        """Two steps of flexible conjugate gradients from zero; one at the bottom, as it solves."""
        first = self.precondition(rhs, depth)
        if depth == len(self.levels):
            return first
        matrix = self.matrix(depth)
        image = matrix @ first
        length = dot(first, image)
        step = ratio(dot(first, rhs), length)
        left = rhs - step * image
        second = self.precondition(left, depth)
        overlap = ratio(dot(second, image), length)
        other = dot(second, matrix @ second) - overlap**2 * length
        next_step = ratio(dot(second, left), other)
        return (step - next_step * overlap) * first + next_step * second


def dot(a: Columns, b: Columns) -> Columns:
    """Inner product of each column, (K)."""
    product: Columns = np.einsum("nk,nk->k", a, b)
    return product


def ratio(a: Columns, b: Columns) -> Columns:
    """a / b, 0 where b is: of a column that is solved, or a node that nothing holds."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _level(graph: Graph, group: NDArray[np.int64], groups: int) -> Level:
    entries = np.ones(graph.size), (np.arange(graph.size), group)
    prolongation = sp.csr_array(entries, shape=(graph.size, groups))
    smoother = ratio(np.full(graph.size, DAMPING), graph.diagonal)[:, None]
    return Level(graph.matrix(), smoother, prolongation.T.tocsr(), prolongation)
