"""Conjugate gradients that stop on an estimate of the error itself.

A residual says nothing here: beside weights of 1 there are weights of 1e-10, and a region that
hangs by these can be wrong from end to end at a tiny residual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .hierarchy import dot, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .hierarchy import Hierarchy

WINDOW = 4
"""Steps between two looks at how far x has moved."""
LARGEST_RATIO = 0.9
"""Of two moves, above which there is no estimate."""
SMALLEST_RATIO = 0.1
"""A move that happens to be short is not taken for more than this."""


@dataclass(frozen=True)
class Solved:
    """What the iteration ended with."""

    x: NDArray[np.float64]
    """(N, K)"""
    error: float
    """Estimate of the largest error of x."""
    steps: int


def solve(
    hierarchy: Hierarchy, rhs: NDArray[np.float64], tolerance: float, max_steps: int
) -> Solved:
    """Solve A x = rhs, (N, K), all columns by one hierarchy.

    From one look to the next x moves less and less. If the last two moves were m and q m, what
    is still to come is about q m (q + q^2 + ...), and that is the error.
    """
    matrix = hierarchy.matrix()
    x, residual = np.zeros_like(rhs), rhs.copy()
    direction = image = np.zeros_like(rhs)
    length = np.zeros(rhs.shape[1])
    seen, moved, error = x.copy(), np.inf, np.inf
    step = 0
    for step in range(1, max_steps + 1):
        z = hierarchy.precondition(residual)
        # Flexible: the cycle is not quite the same linear map each time.
        direction = z - ratio(dot(z, image), length) * direction
        image = matrix @ direction
        length = dot(direction, image)
        along = ratio(dot(direction, residual), length)
        x += along * direction
        residual -= along * image
        if step % WINDOW == 0:
            move = float(np.abs(x - seen).max(initial=0))
            error = _to_come(move, moved)
            if error <= tolerance:
                break
            seen, moved = x.copy(), move
    return Solved(x, error, step)


def _to_come(move: float, before: float) -> float:
    """Sum of the moves to come, if they go on to shrink at this rate."""
    if move == 0:
        return 0.0
    if not np.isfinite(before) or move > LARGEST_RATIO * before:
        return np.inf
    shrinks = max(move / before, SMALLEST_RATIO)
    return move * shrinks / (1 - shrinks)
