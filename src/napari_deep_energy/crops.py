"""A rectangle of a picture too large to be loaded, and strokes on another grid than the picture's.

No napari and no Qt: plain arrays, and numbers that say where they lie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .layers import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .layers import Index

WHOLE_PIXELS = 2_100_000
"""A plane of at most so many pixels is worked on as a whole."""
VIEW_PIXELS = 1_000_000
"""Of a larger one so many, about what a window shows."""


@dataclass(frozen=True, eq=False)
class Crop:
    """Some rows and columns of one plane of an array, read when they are asked for."""

    array: Any
    index: Index
    """Into ``array``, the channels left out: ints, and two slices with start, stop and step."""
    rgb: bool
    channels: bool
    """Whether the first axis of ``array`` holds channels."""
    level_size: tuple[int, int]
    """Rows and columns of the array."""
    finest_size: tuple[int, int]
    """Rows and columns of the finest level."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns."""
        rows, columns = (part for part in self.index if isinstance(part, slice))
        return rows, columns

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W), with channels before or colours after."""
        height, width = (len(range(*part.indices(part.stop))) for part in self.window)
        channels = (self.array.shape[0],) if self.channels else ()
        return (*channels, height, width, *((self.array.shape[-1],) if self.rgb else ()))

    @property
    def step(self) -> tuple[float, float]:
        """Distance of two rows and of two columns, in pixels of the finest level."""
        a, b = (
            fine / coarse * part.step
            for fine, coarse, part in zip(
                self.finest_size, self.level_size, self.window, strict=True
            )
        )
        return a, b

    @property
    def origin(self) -> tuple[float, float]:
        """Centre of the first pixel, in pixels of the finest level."""
        a, b = (
            fine / coarse * part.start + (step - 1) / 2
            for fine, coarse, part, step in zip(
                self.finest_size, self.level_size, self.window, self.step, strict=True
            )
        )
        return a, b

    def pixel_at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Row and column of a place given in shares of the whole plane's height and width."""
        starts = np.array([part.start for part in self.window])
        steps = np.array([part.step for part in self.window])
        pixel: NDArray[np.float64] = (share * self.level_size - starts) / steps
        return pixel

    def __getitem__(self, index: Any) -> NDArray[Any]:
        whole = (slice(None), *self.index) if self.channels else self.index
        part: NDArray[Any] = np.asarray(self.array[whole])[index]
        return part

    def strokes(self, plane: NDArray[Any]) -> NDArray[Any]:
        """The strokes of the whole plane, (H', W') on any grid, as they lie on the crop's pixels.

        Of several strokes within a pixel, the one of the highest label: no thin stroke is lost.
        """
        for axis, (part, size) in enumerate(zip(self.window, self.level_size, strict=True)):
            rows = np.append(range(*part.indices(part.stop)), part.stop)
            places = (rows * (plane.shape[axis] / size) + 1e-9).astype(int)
            starts = places[:-1].clip(0, plane.shape[axis] - 1)
            near = plane.take(range(starts[0], max(places[-1], starts[-1] + 1)), axis)
            plane = np.maximum.reduceat(near, starts - starts[0], axis)
        return plane


def crop_of(
    picture: Picture, level: Any, corners: NDArray[Any] | None, finest_size: tuple[int, int]
) -> Crop:
    """The part of a plane that is in view.

    Parameters
    ----------
    picture
        The plane, of the finest level.
    level
        The array that is on display.
    corners
        (2, 2) first and last row and column in view, in the level's own pixels; None for all.
    finest_size
        Rows and columns of the finest level.
    """
    shape = _spatial(level, picture)
    axes = [axis for axis, part in enumerate(picture.index) if isinstance(part, slice)]
    size = shape[axes[0]], shape[axes[1]]
    first, last = (np.zeros(2), np.array(size)) if corners is None else corners
    first = np.clip(np.floor(first), 0, np.array(size) - 1).astype(int)
    last = np.clip(np.ceil(last) + 1, first + 1, size).astype(int)
    stride = max(1, math.ceil(math.sqrt(math.prod((last - first).tolist()) / VIEW_PIXELS)))
    parts = [slice(int(a), int(b), stride) for a, b in zip(first, last, strict=True)]
    index: list[int | slice] = []
    for axis, part in enumerate(picture.index):
        if isinstance(part, slice):
            index.append(parts[axes.index(axis)])
        else:  # a coarser level of a stack may have fewer planes
            index.append(part * shape[axis] // picture.shape[axis])
    return Crop(level, tuple(index), picture.rgb, picture.channels, size, finest_size)


def _spatial(array: Any, picture: Picture) -> tuple[int, ...]:
    shape = tuple(int(size) for size in array.shape)
    return shape[1:] if picture.channels else shape[:-1] if picture.rgb else shape


def cropped(crop: Crop) -> Picture:
    """The crop as a picture of its own."""
    return Picture(crop, (slice(None), slice(None)), crop.rgb, crop.channels)


@dataclass(frozen=True, eq=False)
class Enlarged:
    """Strokes, (H / factor, W / factor), read as if they were on the picture's own grid."""

    strokes: NDArray[Any]
    factor: int
    shape: tuple[int, int]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the strokes."""
        return self.strokes.dtype

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[Any]:
        rows, columns = (
            np.arange(*part.indices(size)) // self.factor
            for part, size in zip(window, self.shape, strict=True)
        )
        return self.strokes[rows[:, None], columns]
