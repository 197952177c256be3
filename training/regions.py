"""Regions to draw strokes in, found without labels: Felzenszwalb and Huttenlocher, IJCV 2004."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.segmentation import felzenszwalb

from .objects import Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

SCALES = (50.0, 800.0)
"""Coarseness, drawn for each picture: from parts of an object to the whole of it."""
SMALLEST = 0.01
"""Of a region, as a share of the picture."""
AT_MOST = 3
"""Regions kept of one crop, so that no picture outweighs the others."""


def regions(picture: Image.Image, generator: np.random.Generator) -> NDArray[np.int32]:
    """Instances (H, W) of a picture, 0 where there is none."""
    pixels = np.asarray(picture)
    scale = float(np.exp(generator.uniform(*np.log(SCALES))))
    smallest = int(SMALLEST * pixels.shape[0] * pixels.shape[1])
    found = felzenszwalb(pixels, scale=scale, sigma=0.8, min_size=smallest)
    chosen = _chosen(found, generator)
    result = np.zeros(found.shape, np.int32)
    for number, value in enumerate(chosen, start=1):
        result[found == value] = number
    return result


def _chosen(found: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Some of the regions that are neither too small nor too large to be an object."""
    values, counts = np.unique(found, return_counts=True)
    share = counts / found.size
    candidates = values[(share >= Selection.smallest) & (share <= Selection.largest)]
    return generator.permutation(candidates)[:AT_MOST]
