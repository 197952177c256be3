"""Colours of classes: of strokes and results in the viewer, and of overlays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PALETTE = np.array(
    [
        [56, 135, 242],
        [230, 97, 1],
        [64, 176, 90],
        [214, 64, 159],
        [240, 196, 25],
        [104, 211, 217],
        [150, 101, 224],
        [166, 118, 72],
    ],
    np.uint8,
)
"""Colours of classes 1, 2, ..., repeated beyond the eighth; told apart with any colour vision. The
first is rare in what people cut out: skin, fur, fruit, stained tissue."""


def colour(value: int) -> NDArray[np.uint8]:
    """Colour of a label value, (3,) uint8."""
    chosen: NDArray[np.uint8] = PALETTE[(value - 1) % len(PALETTE)]
    return chosen
