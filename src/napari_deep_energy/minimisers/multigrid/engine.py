"""Volumes to a stated error, in memory that grows as their voxels do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...stopping import Stop, never
from ..solution import Outcome, Solution, read_out
from .conjugate_gradients import WINDOW, solve
from .graph import graph_of
from .hierarchy import Hierarchy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...energy import QuadraticEnergy
    from ...problem import Problem

TOLERANCE = 1e-5
"""Largest error of a probability."""
MAX_STEPS = 200
MAX_CORRECTIONS = 10
VOXEL_BYTES, CLASS_BYTES = 900, 150
"""Measured, of a voxel and of each of its classes."""


class Multigrid:
    """Solves A x = b of a random walker by conjugate gradients, for all classes at once.

    Parameters
    ----------
    tolerance
        Largest error of x that is asked for; the estimate of it is on the solution.
    """

    name = "analytic"

    def __init__(self, tolerance: float = TOLERANCE) -> None:
        self.tolerance = tolerance

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        energy.check_held()
        x, error = self._iterate(energy, stop)
        advice = (
            f"The largest error is about {error:.1g}, not {self.tolerance:.1g}; smooth the "
            "volume, or lower beta."
        )
        is_reached = error <= self.tolerance
        return read_out(
            energy,
            x,
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.EXACT if is_reached else Outcome.DEGRADED,
            advice="" if is_reached else advice,
            error=error,
            stop=stop,
        )

    def _iterate(self, energy: QuadraticEnergy, stop: Stop) -> tuple[torch.Tensor, float]:
        """x and its error, verified by what a few steps more change.

        They start from the residual as the energy tells it, by differences of x: the matrix, with
        its diagonal, loses couplings of 1e-10 to rounding.
        """
        graph, rhs, free = graph_of(energy)
        hierarchy = Hierarchy(graph, stop)
        is_share = np.allclose(rhs.sum(1), graph.excess, rtol=1e-9, atol=0)
        solved = solve(hierarchy, _without_last(rhs, is_share), self.tolerance, MAX_STEPS)
        found = _with_last(solved.x, is_share, 1.0)
        x, error = _on_grid(found, free, energy), solved.error
        for _ in range(MAX_CORRECTIONS if np.isfinite(error) else 0):
            residual = energy.residual(x)[0].flatten(1).T.double().cpu().numpy()[free]
            more = solve(hierarchy, _without_last(residual, is_share), 0.0, WINDOW)
            correction = _with_last(more.x, is_share, 0.0)
            x = x + _on_grid(correction, free, energy)
            error = float(np.abs(correction).max(initial=0))
            if error <= self.tolerance:
                break
        return x, error


def _without_last(columns: NDArray[np.float64], is_share: bool) -> NDArray[np.float64]:
    """Where the classes' sum is known, the last follows from the others."""
    return np.ascontiguousarray(columns[:, :-1]) if is_share else columns


def _with_last(columns: NDArray[np.float64], is_share: bool, total: float) -> NDArray[np.float64]:
    if not is_share:
        return columns
    return np.hstack([columns, total - columns.sum(1, keepdims=True)])


def _on_grid(
    columns: NDArray[np.float64], free: NDArray[np.bool_], energy: QuadraticEnergy
) -> torch.Tensor:
    """(F, K) -> (1, K, *S), zero on fixed voxels, which hold their own value."""
    whole = np.zeros((columns.shape[1], free.size))
    whole[:, free] = columns.T
    shaped = torch.from_numpy(whole.reshape(energy.targets.shape))
    return shaped.to(energy.targets)


def memory_needed(size: tuple[int, ...], classes: int) -> int:
    """Bytes that the solver takes for a volume of this size."""
    return int(np.prod(size)) * (VOXEL_BYTES + CLASS_BYTES * classes)
