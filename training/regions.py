"""Regions to draw strokes in, found without labels.

One at a time by Felzenszwalb and Huttenlocher, IJCV 2004; or all that is of one colour at once, as
strokes on a few of many cells ask for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from skimage.filters import gaussian
from skimage.segmentation import felzenszwalb

from .objects import Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALES = (50.0, 800.0)
"""Coarseness, drawn for each picture: from parts of an object to the whole of it."""
SMALLEST = 0.01
"""Of a region, as a share of the picture."""
AT_MOST = 3
"""Regions kept of one crop, so that no picture outweighs the others."""
BY_COLOUR = 0.6
"""Share of crops in which all pixels of alike colours are one region. With half of them a network
takes strokes on several cells for these alone."""
COLOURS = (2, 3)
"""How many, drawn for each such crop."""
ROUNDS = 10
"""Of k-means."""
BLUR = 0.8
"""Standard deviation in pixels, against noise."""
LEAST_SPAN = 32
"""Of the values 0..255 of a crop, that is stretched to all of them; less is taken for noise."""


def regions(picture: Image.Image, generator: np.random.Generator) -> NDArray[np.int32]:
    """Instances (H, W) of a picture, 0 where there is none."""
    pixels = stretched(np.asarray(picture))
    find = by_colour if generator.random() < BY_COLOUR else by_edges
    found = find(pixels, generator)
    chosen = _chosen(found, generator)
    result = np.zeros(found.shape, np.int32)
    for number, value in enumerate(chosen, start=1):
        result[found == value] = number
    return result


def stretched(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(H, W, 3) in 0..1: dark pictures, as of fluorescence, have regions as well as others."""
    low, high = np.percentile(pixels, (0.5, 99.5))
    stretch: NDArray[np.float64] = ((pixels - low) / max(high - low, LEAST_SPAN)).clip(0, 1)
    return stretch


def by_edges(pixels: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Connected regions (H, W) of (H, W, 3) in 0..1."""
    scale = float(np.exp(generator.uniform(*np.log(SCALES))))
    smallest = int(SMALLEST * pixels.shape[0] * pixels.shape[1])
    found: NDArray[np.int64] = felzenszwalb(
        pixels, scale=scale, sigma=BLUR, min_size=smallest, channel_axis=-1
    )
    return found


def by_colour(pixels: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.int64]:
    """The pixels (H, W, 3) in 0..1 sorted by their nearest of a few colours (k-means), (H, W)."""
    smooth = gaussian(pixels, BLUR, channel_axis=-1)
    picture = Image.fromarray(np.rint(255 * smooth).astype(np.uint8))
    few = picture.quantize(int(generator.choice(COLOURS)), kmeans=ROUNDS)
    return np.asarray(few).astype(np.int64)


def _chosen(found: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Some of the regions that are neither too small nor too large to be an object."""
    values, counts = np.unique(found, return_counts=True)
    share = counts / found.size
    candidates = values[(share >= Selection.smallest) & (share <= Selection.largest)]
    return generator.permutation(candidates)[:AT_MOST]
