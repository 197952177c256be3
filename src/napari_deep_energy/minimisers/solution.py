"""What every minimiser returns, and the one interface that they share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import torch

from ..stopping import check, never
from ..strips import converted, empty, strips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..energy import QuadraticEnergy
    from ..problem import Problem
    from ..stopping import Stop


class Outcome(StrEnum):
    """How a minimiser ended."""

    EXACT = "exact"
    """The optimum, up to rounding."""
    ESTIMATE = "estimate"
    """One pass of the network: fast, and as close as ``gap`` says."""
    DEGRADED = "degraded"
    """Stopped short of the optimum; ``advice`` says why and what to do."""


@dataclass(frozen=True)
class Solution:
    """Minimiser of one energy, with the numbers that say how good it is."""

    x: torch.Tensor
    """(K, *S) on the CPU, unclipped: probabilities of each class, or alpha with K = 1."""
    values: tuple[int, ...]
    """Label value of each class."""
    engine: str
    device: str
    energy: float
    """E(x)."""
    residual: float
    """Largest |b - A x| over free pixels; 0 at the optimum."""
    seconds: float
    """Wall time of the minimiser, set-up included, the read-out of these numbers not."""
    outcome: Outcome
    advice: str = ""
    error: float | None = None
    """Estimate of the largest error of x, where the minimiser iterates."""

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """(K, *S) float32 in [0, 1]."""
        found = empty(tuple(self.x.shape), self.x, torch.float32)
        for rows in strips(tuple(self.x.shape[1:]), self.x.device, numbers=2 * len(self.x)):
            found[:, rows] = self.x[:, rows].clamp(0, 1)
        probabilities: NDArray[np.float32] = found.numpy()
        return probabilities

    @property
    def labels(self) -> NDArray[np.int64]:
        """Most probable class of each pixel, (*S), as the label values that were painted."""
        size = tuple(self.x.shape[1:])
        labels = empty(size, self.x, torch.int64)
        for rows in strips(size, self.x.device):
            best, winner = self.x[0, rows], labels[rows].fill_(self.values[0])
            for value, x in zip(torch.tensor(self.values[1:]), self.x[1:, rows], strict=True):
                # Class by class: argmax along the slowest axis takes ten times as long.
                torch.where(x > best, value, winner, out=winner)
                best = torch.maximum(best, x)
        return labels.numpy()

    @property
    def alpha(self) -> NDArray[np.float32]:
        """Opacity of the first class (the foreground), (*S) float32 in [0, 1]."""
        alpha: NDArray[np.float32] = self.probabilities[0]
        return alpha


class Minimiser(Protocol):
    """Finds x with a low energy."""

    name: str

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        """Minimise ``energy``, that of ``problem`` (batch of one).

        Raises
        ------
        Cancelled
            If ``stop`` returned true.
        """
        ...


def read_out(
    energy: QuadraticEnergy,
    x: torch.Tensor,
    problem: Problem,
    *,
    engine: str,
    seconds: float,
    outcome: Outcome,
    advice: str = "",
    error: float | None = None,
    is_closed: bool = False,
    stop: Stop = never,
) -> Solution:
    """Solution with its energy and residual taken from the energy object itself.

    ``is_closed`` says that both x and the targets sum to one: of two classes, the second is then
    the mirror image of the first, and need not be looked at.
    """
    x = energy.project(converted(x, energy.targets, stop))
    seen, times = (energy.of_class(0), 2) if is_closed and x.shape[1] == 2 else (energy, 1)
    check(stop)
    value, largest = seen.measured(x[:, : seen.targets.shape[1]], stop)
    check(stop)
    return Solution(
        x=x[0].cpu(),
        values=problem.values,
        engine=engine,
        device=str(energy.targets.device),
        energy=times * float(value),
        residual=float(largest),
        seconds=seconds,
        outcome=outcome,
        advice=advice,
        error=error,
    )
