"""Where an answer is least certain: the margin between its two most probable classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .minimisers import Solution

WORK_SIDE = 256
"""Spots are looked for at about this many pixels a side, whatever the picture's size."""
LEAST = 0.3
"""Below this mean uncertainty a neighbourhood is not worth a look."""


def uncertainty(solution: Solution) -> NDArray[np.float32]:
    """One minus the margin of the two most probable classes, (*S) float32.

    1 where two classes are equally probable (or alpha is 1/2), 0 where one is certain.
    """
    probabilities = solution.probabilities
    if len(probabilities) == 1:
        doubt: NDArray[np.float32] = 1 - np.abs(2 * probabilities[0] - 1)
        return doubt
    best, second = probabilities[0].copy(), np.zeros_like(probabilities[0])
    for plane in probabilities[1:]:  # class by class: sorting the slowest axis is slower
        np.maximum(second, np.minimum(best, plane), out=second)
        np.maximum(best, plane, out=best)
    margin: NDArray[np.float32] = 1 - (best - second)
    return margin


def probability_of(solution: Solution, label: int) -> NDArray[np.float32]:
    """Probability of a label value, (*S) in [0, 1]; zeros if no stroke has that label."""
    if label not in solution.values:
        return np.zeros(solution.x.shape[1:], np.float32)
    place = solution.values.index(label)
    if len(solution.x) == 1:
        alpha = solution.alpha
        return alpha if place == 0 else 1 - alpha
    plane: NDArray[np.float32] = solution.x[place].clamp(0, 1).float().numpy()
    return plane


def uncertain_spots(
    doubt: NDArray[np.float32], strokes: NDArray[Any], count: int = 20
) -> list[tuple[int, int]]:
    """The least certain places, the worst first, a few percent of the picture's side apart.

    Parameters
    ----------
    doubt
        (H, W) in [0, 1], such as :func:`uncertainty` gives.
    strokes
        (H, W) labels; places that were painted are passed over.
    count
        At most so many.

    Returns
    -------
    list
        (row, column) of each; none if the answer is certain everywhere.
    """
    from scipy.ndimage import binary_dilation, gaussian_filter

    step = max(1, max(doubt.shape) // WORK_SIDE)
    painted = np.asarray(strokes[::step, ::step]) > 0
    # A thin line of doubt runs along every border; a spot is where it is broad.
    field = gaussian_filter(np.asarray(doubt[::step, ::step]), 2)
    field[binary_dilation(painted, iterations=2)] = 0
    apart = max(3, max(field.shape) // 16)
    rows, columns = np.indices(field.shape, sparse=True)
    spots: list[tuple[int, int]] = []
    while len(spots) < count:
        row, column = (int(i) for i in np.unravel_index(int(field.argmax()), field.shape))
        if field[row, column] < LEAST:
            break
        spots.append((row * step, column * step))
        field[(rows - row) ** 2 + (columns - column) ** 2 < apart**2] = 0
    return spots
