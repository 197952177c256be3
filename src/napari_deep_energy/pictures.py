"""Pictures to look at: overlays, cut-outs, checkerboards; all 8-bit, channels last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from skimage.segmentation import find_boundaries

from .images import channels_first, normalise, opacity_of, without_alpha
from .palette import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_rgb(image: NDArray[Any], spatial: tuple[int, ...]) -> NDArray[np.uint8]:
    """Any picture as (H, W, 3) uint8; all but three channels are shown as their mean."""
    planes = normalise(channels_first(np.asarray(image), spatial))
    if len(planes) != 3:
        planes = np.repeat(planes.mean(0, keepdims=True), 3, axis=0)
    return np.rint(255 * np.moveaxis(planes, 0, -1)).astype(np.uint8)


def overlay(
    image: NDArray[Any], labels: NDArray[np.int64], strokes: NDArray[Any]
) -> NDArray[np.uint8]:
    """The picture tinted by class, with borders and the strokes themselves: (H, W, 3) uint8."""
    canvas = to_rgb(image, labels.shape).astype(np.float32)
    for value in np.unique(labels[labels > 0]):
        inside = labels == value
        canvas[inside] = 0.6 * canvas[inside] + 0.4 * colour(int(value))
    canvas[find_boundaries(labels, mode="inner")] = 255
    for value in np.unique(strokes[strokes > 0]):
        canvas[strokes == value] = colour(int(value))
    return np.rint(canvas).astype(np.uint8)


def cutout(image: NDArray[Any], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The object alone, with ``alpha`` (H, W) in [0, 1] as its opacity: (H, W, 4) uint8.

    Its colours are those of the foreground, so that no rim of the old background comes along.
    What is transparent in an RGBA picture, (H, W, 4), stays so.
    """
    from .foreground import estimate_foreground  # torch, which a mere checkerboard can do without

    own = opacity_of(image) if image.shape[:2] == alpha.shape else None
    shown = to_rgb(without_alpha(image), alpha.shape).astype(np.float32) / np.float32(255)
    colours = np.rint(255 * estimate_foreground(shown, alpha)).astype(np.uint8)
    return with_opacity(colours, alpha if own is None else alpha * own)


def with_opacity(rgb: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Picture (H, W, 3) and opacity (H, W) in [0, 1] -> (H, W, 4)."""
    opacity = np.rint(255 * alpha).astype(np.uint8)
    return np.concatenate([rgb, opacity[..., None]], -1)


def checkerboard(shape: tuple[int, ...], cell: int = 16) -> NDArray[np.uint8]:
    """Grey (H, W, 3) pattern that shows through where a cut-out is transparent."""
    rows, columns = np.indices(shape, sparse=True)
    is_dark = ((rows // cell + columns // cell) % 2).astype(bool)
    return np.repeat(np.where(is_dark, 102, 153).astype(np.uint8)[..., None], 3, -1)


def on_checkerboard(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A cut-out on the usual grey checkerboard: (H, W, 4) -> (H, W, 3) uint8."""
    alpha = rgba[..., 3:] / 255
    mixed = alpha * rgba[..., :3] + (1 - alpha) * checkerboard(rgba.shape[:2])
    return np.rint(mixed).astype(np.uint8)
