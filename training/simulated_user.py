"""What a user would draw, made from the true mask: strokes at once, or one click after another.

Clicks follow the usual protocol of interactive segmentation (Xu, Price, Cohen, Yang, Huang, "Deep
interactive object selection", 2016): the next one goes to the middle of the largest error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.graph import route_through_array

from .objects import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBJECT, GROUND = 1, 2
"""Label values of strokes; 0 is unpainted."""
STROKES = {OBJECT: 2, GROUND: 4}
"""How many strokes a class gets."""
CANDIDATES = 12
"""Places that a user considers for the end of a stroke."""
BRUSH = 0.006
"""Radius of the brush, as a share of the long side: 3 pixels at 481."""
CLICK = 0.01
"""Radius of a click, likewise; less where the place is smaller."""


def strokes(mask: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.int64]:
    """Thin strokes along the middle of the object and of its surroundings.

    Parameters
    ----------
    mask
        (H, W): 1 the object, 0 the rest, 255 ignored.
    random
        Where the strokes begin and end.

    Returns
    -------
    numpy.ndarray
        (H, W) labels: 1 object, 2 background, 0 unpainted.
    """
    labels = np.zeros(mask.shape, np.int64)
    brush = disc(max(1, round(BRUSH * max(mask.shape))))
    for label, value in ((OBJECT, 1), (GROUND, 0)):
        depth = depth_of(mask == value)
        centre = np.zeros(mask.shape, bool)
        for _ in range(STROKES[label]):
            begin, end = two_places(depth, centre, random)
            path, _ = route_through_array(
                np.where(depth > 0, 1 / (depth + 1) ** 2, 1e3), begin, end
            )
            centre[tuple(np.transpose(path))] = True
        drawn = ndimage.binary_dilation(centre, brush) & (mask == value)
        # Nobody paints to the very border on purpose.
        inside = drawn & (depth >= 2)
        labels[inside if inside.any() else drawn] = label
    return labels


def two_places(
    depth: NDArray[np.float64], drawn: NDArray[np.bool_], random: np.random.Generator
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ends of the next stroke: far from what is drawn, and far from each other.

    Users go where they have not been, and along the object rather than to a spot of it. Both
    ends lie in one connected part of the region, rather inside than at its border.
    """
    weight = depth.ravel() ** 2
    places = some_of(weight, random)
    if drawn.any():
        first = places[ndimage.distance_transform_edt(~drawn).ravel()[places].argmax()]
    else:
        first = places[0]
    parts, _ = ndimage.label(depth > 0)
    places = some_of(np.where(parts.ravel() == parts.flat[first], weight, 0), random)
    rows, columns = np.unravel_index(places, depth.shape)
    row, column = np.unravel_index(first, depth.shape)
    last = np.hypot(rows - row, columns - column).argmax()
    return (int(row), int(column)), (int(rows[last]), int(columns[last]))


def some_of(weight: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """A few pixels, drawn with these weights."""
    return random.choice(weight.size, CANDIDATES, p=weight / weight.sum())


def click(
    mask: NDArray[np.uint8], answer: NDArray[np.bool_], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The strokes with one more click, at the middle of the largest error of ``answer``.

    Parameters
    ----------
    mask
        (H, W) the truth, as in :func:`strokes`.
    answer
        (H, W) what is taken for the object.
    labels
        (H, W) the clicks so far; a place that was clicked is not clicked again.
    """
    missed, taken = depths(mask, answer, labels)
    depth, label = (missed, OBJECT) if missed.max() >= taken.max() else (taken, GROUND)
    return _with_spot(labels, label, depth, int(depth.argmax()))


def click_within(
    mask: NDArray[np.uint8],
    answer: NDArray[np.bool_],
    labels: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """As :func:`click`, but anywhere in the errors, rather far inside than at their borders."""
    missed, taken = depths(mask, answer, labels)
    depth = np.maximum(missed, taken)
    if not depth.any():
        return labels
    weight = depth.ravel() ** 1.5
    place = int(random.choice(weight.size, p=weight / weight.sum()))
    label = OBJECT if missed.flat[place] else GROUND
    return _with_spot(labels, label, depth, place)


def depths(
    mask: NDArray[np.uint8], answer: NDArray[np.bool_], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far inside of what was missed, and of what was wrongly taken, each pixel lies."""
    missed = depth_of((mask == 1) & ~answer & (labels == 0))
    return missed, depth_of((mask == 0) & answer & (labels == 0))


def _with_spot(
    labels: NDArray[np.int64], label: int, depth: NDArray[np.float64], pixel: int
) -> NDArray[np.int64]:
    place = np.unravel_index(pixel, depth.shape)
    radius = min(CLICK * max(depth.shape), max(float(depth.flat[pixel]) - 1, 0.5))
    rows, columns = np.ogrid[: depth.shape[0], : depth.shape[1]]
    spot = (rows - place[0]) ** 2 + (columns - place[1]) ** 2 <= radius**2
    return np.where(spot, label, labels)


def depth_of(region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of each pixel of a region to what is not in it, the picture's border included."""
    depth: NDArray[np.float64] = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    return depth


def disc(radius: int) -> NDArray[np.bool_]:
    """Brush of this radius, in pixels."""
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    found: NDArray[np.bool_] = rows**2 + columns**2 <= radius**2
    return found


def iou(mask: NDArray[np.uint8], answer: NDArray[np.bool_]) -> float:
    """Intersection over union of the object, where the truth is known."""
    known = mask != IGNORED
    union = np.count_nonzero(known & ((mask == 1) | answer))
    return np.count_nonzero((mask == 1) & answer) / union if union else 1.0
