"""Diamonds of pixels, between diagonals, where a pixel is coupled to its four neighbours alone.

A diagonal separates four-connected pixels as well as a row does, but joins two corners of a square
with as many pixels as one of its sides has: a part of a picture has a ring, and a separator, of
about 0.7 times as many pixels as a rectangle of the same area. Elimination takes about half the
arithmetic then, and the factor of a large picture six tenths of the memory (Duff, Erisman, Reid,
"On George's nested dissection method", 1976: diagonal nested dissection).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .compiled.program import TILE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .regions import Offset

UNIT = 40
"""Most that the sides of the diamonds are apart which a picture is put together from."""
LEAF = 4
"""Diamonds whose sides are this far apart are not cut again."""


class Diamond(NamedTuple):
    """Pixels with 0 < u < extent[0] and skew < v < skew + extent[1] from an origin, clipped.

    u = row + column and v = row - column: both are even or both are odd. The ring lies on the four
    diagonals around it.
    """

    extent: tuple[int, int]
    skew: int
    """0 or 1: the diagonals u = 0 and v = skew meet at a pixel, or between pixels."""
    clip: tuple[int, int, int, int]
    """First row and column, and those after the last, of the pixels and of the ring."""

    @staticmethod
    def root(size: tuple[int, int]) -> tuple[Diamond, Offset]:
        """One around all of a picture, and its origin; its smallest parts are alike in size."""
        height, width = size
        times = 0
        while -(-(height + width) >> times) > UNIT:
            times += 1
        # Even, as odd ones would have two shapes by turns: with a pixel in the corner and without.
        extent = 2 * -(-(height + width) >> (times + 1)) << times
        u, v = (height + width - 2) // 2 - extent // 2, (height - width) // 2 - extent // 2
        skew = (u + v) % 2
        v -= skew
        origin = (u + v) // 2, (u - v) // 2
        picture = (-origin[0], -origin[1], height - origin[0], width - origin[1])
        return Diamond((extent, extent), skew, picture)._clipped(picture), origin

    @staticmethod
    def axis_of(level: Iterable[Diamond]) -> int | None:
        """Axis, u or v, to cut the nodes of a level along; None once they are leaves."""
        longest = np.array([part.extent for part in level]).max(0)
        return None if longest.max() <= LEAF else int(longest.argmax())

    def halves(self, axis: int, is_large: bool) -> tuple[tuple[Diamond, Offset], ...]:
        """Those of both halves that have pixels, and where their origins are from this one's.

        Whether they are ``is_large`` does not matter, but their extent.
        """
        first = self.extent[axis] // 2
        halves = []
        for start, extent in ((0, first), (first, self.extent[axis] - first)):
            u, v = (start, self.skew) if axis == 0 else (0, self.skew + start)
            skew = (u + v) % 2
            v -= skew
            shift = (u + v) // 2, (u - v) // 2
            extents = (extent, self.extent[1]) if axis == 0 else (self.extent[0], extent)
            clip = tuple(edge - shift[k % 2] for k, edge in enumerate(self.clip))
            half = self._replace(extent=extents, skew=skew)._clipped(clip)
            if half._has_pixels():
                halves.append((half._unclipped() if half._is_whole() else half, shift))
        return tuple(halves)

    @property
    def margin(self) -> int:
        """What is not clipped has a pixel in the picture, or is a part of such a diamond."""
        part = self
        while not part._is_whole():
            part = part._replace(extent=(-(-max(part.extent) // 2), min(part.extent)))
        return sum(part.extent) // 2 + 1

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that the pixels and their ring take up."""
        top, left, bottom, right = self.clip
        return bottom - top, right - left

    def pixels(self) -> NDArray[np.int64]:
        """All pixels, (n, 2), relative to the origin."""
        return self._between(*self._ranges())

    def pivots(self, axis: int | None) -> NDArray[np.int64]:
        """Pixels that are eliminated: the separator, or all of them in a leaf."""
        us, vs = self._ranges()
        if axis == 0:
            us = _only(self.extent[0] // 2)
        if axis == 1:
            vs = _only(self.skew + self.extent[1] // 2)
        return self._between(us, vs)

    def ring(self) -> NDArray[np.int64]:
        """Ring pixels, side by side, numbered along each side as a separator along it is."""
        us, vs = self._ranges()
        ends = range(vs.start - 1, vs.stop + 1)
        sides = [(_only(0), ends), (us, _only(ends.start))]
        sides += [(_only(self.extent[0]), ends), (us, _only(ends.stop - 1))]
        return np.concatenate([self._between(*side) for side in sides])

    def _ranges(self) -> tuple[range, range]:
        return range(1, self.extent[0]), range(self.skew + 1, self.skew + self.extent[1])

    def _has_pixels(self) -> bool:
        (us, vs), (top, left, bottom, right) = self._ranges(), self.clip
        u = np.arange(us.start, us.stop)
        first = np.maximum.reduce([np.full_like(u, vs.start), 2 * top - u, u - 2 * (right - 1)])
        last = np.minimum.reduce([np.full_like(u, vs.stop - 1), 2 * (bottom - 1) - u, u - 2 * left])
        return bool((first + (first + u) % 2 <= last).any())

    def _box(self) -> tuple[int, int, int, int]:
        """First row and column, and those after the last, of the pixels and their ring."""
        (u, v), skew = self.extent, self.skew
        return ((skew + 1) // 2, -((skew + v) // 2), (u + skew + v) // 2 + 1, (u - skew) // 2 + 1)

    def _clipped(self, clip: tuple[int, ...]) -> Diamond:
        box = self._box()
        first = (max(clip[0], box[0]), max(clip[1], box[1]))
        return self._replace(clip=(*first, min(clip[2], box[2]), min(clip[3], box[3])))

    def _is_whole(self) -> bool:
        """Whether it is not clipped at the picture's border, as its front is that of a tile.

        Its pixels off the picture take a little more arithmetic, but all tiles have one shape.
        """
        return sum(self.extent) + min(self.extent) // 2 <= TILE_WIDTH

    def _unclipped(self) -> Diamond:
        return self._replace(clip=self._box())

    def _between(self, us: range, vs: range) -> NDArray[np.int64]:
        """Pixels of a part of the plane, (n, 2), along v first."""
        top, left, bottom, right = self.clip
        u, v = (np.arange(r.start, r.stop) for r in (us, vs))
        u, v = np.repeat(u, len(vs)), np.tile(v, len(us))
        is_pixel = (u + v) % 2 == 0
        row, column = (u[is_pixel] + v[is_pixel]) // 2, (u[is_pixel] - v[is_pixel]) // 2
        inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
        return np.column_stack([row[inside], column[inside]])


def _only(place: int) -> range:
    return range(place, place + 1)
