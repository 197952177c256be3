"""Which of some pixels a pixel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Places:
    """The place of each pixel among some, -1 of others."""

    def __init__(self, pixels: NDArray[np.int64]) -> None:
        self.count = len(pixels)
        self.corner = pixels.min(0, initial=0)
        self.image = np.full(pixels.max(0, initial=0) + 1 - self.corner, -1)
        self.image[tuple((pixels - self.corner).T)] = np.arange(len(pixels))

    def __call__(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        there = pixels - self.corner
        inside = ((there >= 0) & (there < self.image.shape)).all(1)
        result = np.full(len(pixels), -1)
        result[inside] = self.image[tuple(there[inside].T)]
        return result
