"""The linear system as a weighted graph, and the coarser graph that a grouping of its nodes makes.

Weights and row excess are kept, never the diagonal: it is always a sum, so that beside a weight
of 1 one of 1e-10 is not lost, on any level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...energy import QuadraticEnergy


@dataclass(frozen=True)
class Graph:
    """A = diag(weights 1 + excess) - weights."""

    weights: sp.csr_array
    """(N, N) symmetric, non-negative, nothing on the diagonal."""
    excess: NDArray[np.float64]
    """(N) row sums of A, non-negative."""

    @property
    def size(self) -> int:
        """N."""
        return int(self.excess.size)

    @cached_property
    def diagonal(self) -> NDArray[np.float64]:
        """Of A, (N)."""
        total: NDArray[np.float64] = np.asarray(self.weights.sum(1)).ravel() + self.excess
        return total

    def matrix(self) -> sp.csr_array:
        """A itself."""
        return (sp.diags_array(self.diagonal) - self.weights).tocsr()

    def grouped(self, group: NDArray[np.int64], groups: int) -> Graph:
        """The graph of groups (Galerkin's, with piecewise constant functions)."""
        edges = self.weights.tocoo()
        rows, columns = group[edges.row], group[edges.col]
        is_between = rows != columns
        entries = edges.data[is_between], (rows[is_between], columns[is_between])
        weights = sp.coo_array(entries, shape=(groups, groups)).tocsr()
        return Graph(weights, np.bincount(group, self.excess, groups).astype(float))


def graph_of(
    energy: QuadraticEnergy,
) -> tuple[Graph, NDArray[np.float64], NDArray[np.bool_]]:
    """Graph of the F free pixels, right-hand sides (F, K), and which of the N pixels are free."""
    matrix, rhs, free = energy.to_sparse()
    weights = -matrix.tocsr()
    weights.setdiag(0)
    weights.eliminate_zeros()
    ones = energy.confidence.new_ones(energy.confidence.shape)
    excess = energy.operator(ones)[0, 0].double().cpu().numpy().ravel()[free]
    return Graph(weights, excess), rhs, free
