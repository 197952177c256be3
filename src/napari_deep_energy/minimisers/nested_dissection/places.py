"""Which of some pixels a pixel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROW = 2**32
"""Distance of two rows' numbers: more than there are columns."""


class Places:
    """The place of each pixel among some, -1 of others."""

    def __init__(self, pixels: NDArray[np.int64]) -> None:
        # A search, as an image of the places would be as large as the picture for a few pixels.
        numbers = pixels @ [ROW, 1]
        self._order = np.argsort(numbers)
        self._numbers = numbers[self._order]

    def __len__(self) -> int:
        return len(self._numbers)

    def __call__(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N, 2) pixels -> (N) places."""
        numbers = pixels @ [ROW, 1]
        result = np.full(len(numbers), -1)
        if not len(self):
            return result
        found = np.searchsorted(self._numbers, numbers).clip(max=len(self) - 1)
        is_there = self._numbers[found] == numbers
        result[is_there] = self._order[found[is_there]]
        return result
