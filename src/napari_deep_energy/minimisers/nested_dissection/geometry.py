"""Where a node's pixels lie: a rectangle, the ring of separators around it, and how it is cut."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Offset: TypeAlias = tuple[int, int]

LEFT, TOP, RIGHT, BOTTOM = range(4)


class Tile(NamedTuple):
    """A rectangle of pixels and which of its sides have a ring of separator pixels."""

    size: tuple[int, int]
    sides: tuple[bool, ...]
    """Left, top, right, bottom."""
    reach: int
    """Width of the ring, in pixels."""
    has_corners: bool
    """Whether the stencil couples pixels diagonally, so that the ring needs its corners."""
    is_large: bool
    """Whether it is one of a few large tiles, worth a shape of its own."""


def halving(tile: Tile, axis: int) -> tuple[int, int, int]:
    """Length of the first half, of the separator and of the second half.

    The separator takes the odd pixel of an even tile, so that both halves are equal; not so if the
    tile is large, where a wide separator is dear, or the stencil reaches further than one pixel.
    """
    left = tile.size[axis] - tile.reach
    if tile.reach == 1 and not tile.is_large:
        return left // 2, tile.reach + left % 2, left // 2
    return (left + 1) // 2, tile.reach, left // 2


def cut(
    tile: Tile, axis: int, is_large: bool, picture: tuple[int, int]
) -> tuple[tuple[Tile, Offset], ...]:
    """Both halves of a tile and where they start, relative to the tile.

    If they are not ``is_large``, a side at the picture's border counts as one with a ring, whose
    entries are then zero: a little more arithmetic, but far fewer shapes.
    """
    first, separator, second = halving(tile, axis)
    before, after = (TOP, BOTTOM) if axis == 0 else (LEFT, RIGHT)
    halves = []
    for start, extent, inner in ((0, first, after), (first + separator, second, before)):
        size = (extent, tile.size[1]) if axis == 0 else (tile.size[0], extent)
        sides = list(tile.sides)
        sides[inner] = True
        if not is_large:
            across = size[0] < picture[0], size[1] < picture[1]
            sides = [across[1], across[0], across[1], across[0]]
        shift = (start, 0) if axis == 0 else (0, start)
        halves.append((tile._replace(size=size, sides=tuple(sides), is_large=is_large), shift))
    return tuple(halves)


def block(rows: range, columns: range, along: int) -> NDArray[np.int64]:
    """Pixels of a rectangle, (rows * columns, 2), numbered along an axis first."""
    r, c = np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop)
    pixels = np.empty((r.size * c.size, 2), np.int64)
    pixels[:, 0] = np.repeat(r, c.size) if along == 0 else np.tile(r, c.size)
    pixels[:, 1] = np.tile(c, r.size) if along == 0 else np.repeat(c, r.size)
    return pixels


def pivots_of(tile: Tile, axis: int | None) -> NDArray[np.int64]:
    """Pixels that a tile eliminates: its separator, or all of it if it is a leaf."""
    height, width = tile.size
    if axis is None:
        return block(range(height), range(width), 0)
    first, width_of_separator, _ = halving(tile, axis)
    pieces = []
    for start in range(first, first + width_of_separator, tile.reach):
        separator = range(start, start + tile.reach)
        rows, columns = (separator, range(width)) if axis == 0 else (range(height), separator)
        pieces.append(block(rows, columns, 1 - axis))
    return np.concatenate(pieces)


@lru_cache(maxsize=256)
def ring_of(tile: Tile) -> NDArray[np.int64]:
    """Ring pixels, side by side: left, top, right, bottom, with corners between them.

    Each side is numbered as a separator along it is, so that a side of a half is a slice of its
    parent's side or of the separator, never reversed.
    """
    (height, width), reach = tile.size, tile.reach
    rows = range(-reach, 0), range(height), range(height, height + reach)
    columns = range(-reach, 0), range(width), range(width, width + reach)
    places = {
        LEFT: (1, 0, 0), TOP: (0, 1, 1), RIGHT: (1, 2, 0), BOTTOM: (2, 1, 1),
    }  # fmt: skip
    corners = {LEFT: (0, 0, 1), TOP: (0, 2, 1), RIGHT: (2, 2, 1), BOTTOM: (2, 0, 1)}
    pieces = [np.zeros((0, 2), np.int64)]
    for side in (LEFT, TOP, RIGHT, BOTTOM):
        if tile.sides[side]:
            r, c, along = places[side]
            pieces.append(block(rows[r], columns[c], along))
        if tile.has_corners and tile.sides[side] and tile.sides[(side + 1) % 4]:
            r, c, along = corners[side]
            pieces.append(block(rows[r], columns[c], along))
    return np.concatenate(pieces)
