"""Rectangles of pixels, the ring of separators around each, and how they are cut."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .regions import Offset

LEFT, TOP, RIGHT, BOTTOM = range(4)


class Rectangle(NamedTuple):
    """A rectangle of pixels and which of its sides have a ring of separator pixels."""

    size: tuple[int, int]
    sides: tuple[bool, ...]
    """Left, top, right, bottom."""
    reach: int
    """Width of the ring, in pixels."""
    has_corners: bool
    """Whether the stencil couples pixels diagonally, so that the ring needs its corners."""
    is_large: bool = True
    """Whether it is one of a few large ones, worth a shape of its own."""
    picture: tuple[int, int] = (0, 0)
    """Size of the picture that it is a part of; larger than it, if it is a part by itself."""

    @property
    def margin(self) -> int:
        """Its ring's width."""
        return self.reach

    @staticmethod
    def axis_of(level: Iterable[Rectangle]) -> int | None:
        """Axis to cut the nodes of a level along, the longer one; None once they are leaves."""
        sizes, reach = np.array([part.size for part in level]), next(iter(level)).reach
        longest, shortest = sizes.max(0), sizes.min(0)
        for axis in sorted((0, 1), key=lambda a: -longest[a]):
            if longest[axis] > 2 * reach and shortest[axis] >= reach + 2:
                return axis
        return None

    def halves(self, axis: int, is_large: bool) -> tuple[tuple[Rectangle, Offset], ...]:
        """Both halves and where they start, relative to the rectangle.

        If they are not ``is_large``, a side at the picture's border counts as one with a ring,
        whose entries are then zero: a little more arithmetic, but far fewer shapes.
        """
        first, separator, second = self._halving(axis)
        before, after = (TOP, BOTTOM) if axis == 0 else (LEFT, RIGHT)
        halves = []
        for start, extent, inner in ((0, first, after), (first + separator, second, before)):
            size = (extent, self.size[1]) if axis == 0 else (self.size[0], extent)
            sides = list(self.sides)
            sides[inner] = True
            if not is_large:
                across = size[0] < self.picture[0], size[1] < self.picture[1]
                sides = [across[1], across[0], across[1], across[0]]
            shift = (start, 0) if axis == 0 else (0, start)
            halves.append((self._replace(size=size, sides=tuple(sides), is_large=is_large), shift))
        return tuple(halves)

    def _halving(self, axis: int) -> tuple[int, int, int]:
        """Length of the first half, of the separator and of the second half.

        The separator takes the odd pixel of an even rectangle, so that both halves are equal; not
        so if it is large, where a wide separator is dear, or the stencil reaches further than one
        pixel.
        """
        left = self.size[axis] - self.reach
        if self.reach == 1 and not self.is_large:
            return left // 2, self.reach + left % 2, left // 2
        return (left + 1) // 2, self.reach, left // 2

    def pixels(self) -> NDArray[np.int64]:
        """All pixels, (n, 2), relative to the first."""
        return block(range(self.size[0]), range(self.size[1]), 0)

    def pivots(self, axis: int | None) -> NDArray[np.int64]:
        """Pixels that are eliminated: the separator, or all of them in a leaf."""
        if axis is None:
            return self.pixels()
        height, width = self.size
        first, width_of_separator, _ = self._halving(axis)
        pieces = []
        for start in range(first, first + width_of_separator, self.reach):
            separator = range(start, start + self.reach)
            rows, columns = (separator, range(width)) if axis == 0 else (range(height), separator)
            pieces.append(block(rows, columns, 1 - axis))
        return np.concatenate(pieces)

    def ring(self) -> NDArray[np.int64]:
        """Pixels of the ring, (n, 2), see :func:`ring_of`."""
        return ring_of(self)


@lru_cache(maxsize=256)
def ring_of(part: Rectangle) -> NDArray[np.int64]:
    """Ring pixels, side by side: left, top, right, bottom, with corners between them.

    Each side is numbered as a separator along it is, so that a side of a half is a slice of its
    parent's side or of the separator, never reversed.
    """
    (height, width), reach = part.size, part.reach
    rows = range(-reach, 0), range(height), range(height, height + reach)
    columns = range(-reach, 0), range(width), range(width, width + reach)
    places = {
        LEFT: (1, 0, 0), TOP: (0, 1, 1), RIGHT: (1, 2, 0), BOTTOM: (2, 1, 1),
    }  # fmt: skip
    corners = {LEFT: (0, 0, 1), TOP: (0, 2, 1), RIGHT: (2, 2, 1), BOTTOM: (2, 0, 1)}
    pieces = [np.zeros((0, 2), np.int64)]
    for side in (LEFT, TOP, RIGHT, BOTTOM):
        if part.sides[side]:
            r, c, along = places[side]
            pieces.append(block(rows[r], columns[c], along))
        if part.has_corners and part.sides[side] and part.sides[(side + 1) % 4]:
            r, c, along = corners[side]
            pieces.append(block(rows[r], columns[c], along))
    return np.concatenate(pieces)


def block(rows: range, columns: range, along: int) -> NDArray[np.int64]:
    """Pixels of a rectangle, (rows * columns, 2), numbered along an axis first."""
    r, c = np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop)
    pixels = np.empty((r.size * c.size, 2), np.int64)
    pixels[:, 0] = np.repeat(r, c.size) if along == 0 else np.tile(r, c.size)
    pixels[:, 1] = np.tile(c, r.size) if along == 0 else np.repeat(c, r.size)
    return pixels
