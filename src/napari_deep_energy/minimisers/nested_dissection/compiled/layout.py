"""How fronts and triangles lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ....stopping import check
from .program import LANES, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ....stopping import Stop
    from ..plan import Half, Plan

Sizes = TypeVar("Sizes", int, "NDArray[np.int64]")


class Tables:
    """Integer arrays, one after the other in one array."""

    def __init__(self) -> None:
        self.parts: list[NDArray[np.int64]] = []
        self.length = 0

    def put(self, values: Iterable[int] | NDArray[np.int64]) -> int:
        """Where these values will start."""
        part = np.asarray(values, np.int64).ravel()
        start = self.length
        self.parts.append(part)
        self.length += part.size
        return start

    def joined(self) -> NDArray[np.int64]:
        return np.concatenate([*self.parts, np.zeros(1, np.int64)])


def padded(size: Sizes) -> Sizes:
    """The next multiple of a vector's length, of one size or of each."""
    return -(-size // LANES) * LANES


def upper(
    slots: NDArray[np.int64], sources: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those slots and sources of a front that are entries above the diagonal."""
    row, column = np.divmod(slots, width)
    return slots[column > row], sources[column > row]


def triangle(row: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Where a row of the upper triangle of a matrix starts, less its first column."""
    return row * size - row * (row + 1) // 2


def rows_of(ring: int, around: int) -> tuple[NDArray[np.int64], int]:
    """Where each row of a remainder starts, less its first column, and how long it all is.

    Rows start at the vector that holds the diagonal of the first of every eight.
    """
    starts, size = [], 0
    for first in range(0, ring, ROWS):
        begin = first // LANES * LANES
        starts += [size + k * (around - begin) - begin for k in range(ROWS)]
        size += ROWS * (around - begin)
    return np.array(starts, np.int64), size


def unpacked(kept: NDArray[Any], ring: int, around: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Couplings (R, R) and excess (R, 1) of a remainder."""
    starts, square = rows_of(ring, around)
    coupling = np.zeros((ring, ring), kept.dtype)
    for row, start in enumerate(starts[:ring]):
        coupling[row, row + 1 :] = kept[start + row + 1 : start + ring]
    coupling += coupling.T
    return coupling, kept[square:][:ring, None].copy()


def runs_of(half: Half, pivots: int, wide: int) -> NDArray[np.int64]:
    """(n, 3) consecutive ring places of a half, where they are in a front, and how many.

    The ring of the front starts at ``wide``.
    """
    runs = []
    for child, front, length in half.runs:
        own = min(max(pivots - front, 0), length)
        if own:
            runs.append((child, front, own))
        if own < length:
            runs.append((child + own, front + own + wide - pivots, length - own))
    return np.array(runs, np.int64).reshape(-1, 3)


def places_of(runs: NDArray[np.int64], ring: int) -> NDArray[np.int64]:
    """Place in the front of each ring pixel of a half, -1 off the picture."""
    places = np.full(ring, -1, np.int64)
    for child, front, length in runs:
        places[child : child + length] = front + np.arange(length)
    return places


def owners(plan: Plan, block: int, stop: Stop) -> NDArray[np.int32]:
    """(H * W) which node eliminates a pixel, at or below it; blocks are nodes as a whole."""
    owner = np.full(plan.size[0] * plan.size[1], -1, np.int32)
    number = 0
    for level in range(block + 1):
        for shape in plan.levels[level]:
            pixels = shape.region.pixels() if level == block else shape.pivots
            pixels = pixels[np.lexsort(pixels.T[::-1])]  # row by row, as they lie in memory
            first, last = pixels.min(0, initial=0), pixels.max(0, initial=0)
            places = pixels @ [plan.size[1], 1]
            for origin in shape.origins:
                check(stop)
                here = places + origin @ [plan.size[1], 1]
                if (origin + first < 0).any() or (origin + last >= plan.size).any():
                    there = pixels + origin
                    here = here[((there >= 0) & (there < plan.size)).all(1)]
                owner[here] = number
                number += 1
    return owner
