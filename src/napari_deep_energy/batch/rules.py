"""Seed rules: strokes made from the picture itself, the same way for every picture of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..images import channels_first, normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FRAME, CENTRE = 0.03, 0.1
"""Width of the frame and radius of the centre, as parts of the shorter side."""
DARK, BRIGHT = 2, 98
"""Percentiles of grey below and above which a pixel is seeded."""


def centre(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Object in the middle: 1 in a central disc, 2 along the border; (H, W)."""
    height, width = grey.shape
    short = min(grey.shape)
    edge = max(1, round(FRAME * short))
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    labels = np.zeros(grey.shape, np.uint8)
    labels[:edge] = labels[-edge:] = labels[:, :edge] = labels[:, -edge:] = 2
    labels[distance <= max(1, CENTRE * short)] = 1
    return labels


def bright(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bright object on dark ground: 1 in the brightest pixels, 2 in the darkest; (H, W)."""
    low, high = np.percentile(grey, (DARK, BRIGHT))
    if low >= high:
        raise InvalidInput("the rule found a picture without contrast; paint strokes for it.")
    labels = np.zeros(grey.shape, np.uint8)
    labels[grey >= high], labels[grey <= low] = 1, 2
    return labels


def dark(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Dark object on bright ground: as :func:`bright` with the labels exchanged; (H, W)."""
    labels = bright(grey)
    exchanged: NDArray[np.uint8] = np.array([0, 2, 1], np.uint8)[labels]
    return exchanged


RULES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.uint8]]] = {
    "bright": bright,
    "centre": centre,
    "dark": dark,
}


def seeds_by_rule(rule: str, image: NDArray[Any], spatial: tuple[int, int]) -> NDArray[np.uint8]:
    """Strokes (H, W) that ``rule`` paints on a picture; 1 is the object, 2 the rest.

    Raises
    ------
    InvalidInput
        If there is no such rule, or it finds nothing to go by.
    """
    if rule not in RULES:
        raise InvalidInput(f"there is no rule {rule!r}; choose one of {', '.join(RULES)}.")
    return RULES[rule](normalise(channels_first(image, spatial)).mean(0))
