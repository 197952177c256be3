"""How a huge picture is cut: equal tiles with separators between them, and a tree of tiles.

George, "Nested dissection of a regular finite element mesh" (1973), with the tiles as leaves.
A tile owns a square of the picture, its last rows and columns being separator, so that what tiles
own are the chunks of the result, and no two tiles ever write to one chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Box(NamedTuple):
    """Pixels ``top <= row < bottom``, ``left <= column < right``."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.bottom - self.top, self.right - self.left

    def grown(self, margin: int, size: tuple[int, int]) -> Box:
        """The box and what is within ``margin`` of it, inside a picture of ``size``."""
        return Box(
            max(0, self.top - margin),
            max(0, self.left - margin),
            min(size[0], self.bottom + margin),
            min(size[1], self.right + margin),
        )


@dataclass(frozen=True)
class Node:
    """A rectangle of tiles: eliminated as one tile, or its two halves and what is between."""

    rows: tuple[int, int]
    """First tile row, and one past the last."""
    columns: tuple[int, int]
    halves: tuple[Node, ...] = ()
    """None, or two."""

    @property
    def name(self) -> str:
        """Unique in its tree."""
        return "-".join(map(str, (*self.rows, *self.columns)))

    def walk(self) -> list[Node]:
        """The node and all below it, halves after their parent."""
        found = [self]
        for half in self.halves:
            found += half.walk()
        return found

    def leaves(self) -> list[Node]:
        """The tiles of the node, in the order of :meth:`walk`."""
        return [node for node in self.walk() if not node.halves]


@dataclass(frozen=True)
class Grid:
    """The tiles of one picture."""

    size: tuple[int, int]
    """(H, W) of the picture."""
    tile: int
    """Rows and columns that a tile owns, separators included."""
    reach: int
    """Width of a separator: how far the stencil reaches."""
    has_corners: bool
    """Whether the stencil couples pixels diagonally."""

    @property
    def count(self) -> tuple[int, int]:
        """Tile rows and tile columns."""
        return -(-self.size[0] // self.tile), -(-self.size[1] // self.tile)

    def tree(self) -> Node:
        """The root of the tree of tiles."""
        return self._node((0, self.count[0]), (0, self.count[1]))

    def _node(self, rows: tuple[int, int], columns: tuple[int, int]) -> Node:
        height, width = rows[1] - rows[0], columns[1] - columns[0]
        if height == width == 1:
            return Node(rows, columns)
        if height >= width:
            middle = sum(rows) // 2
            parts = ((rows[0], middle), columns), ((middle, rows[1]), columns)
        else:
            middle = sum(columns) // 2
            parts = (rows, (columns[0], middle)), (rows, (middle, columns[1]))
        return Node(rows, columns, (self._node(*parts[0]), self._node(*parts[1])))

    def interior(self, node: Node) -> Box:
        """Pixels that are eliminated in a node or below it."""
        (top, bottom), (left, right) = (
            (start * self.tile, end * self.tile - self.reach if end < count else size)
            for (start, end), count, size in zip(
                (node.rows, node.columns), self.count, self.size, strict=True
            )
        )
        return Box(top, left, bottom, right)

    def owned(self, node: Node) -> Box:
        """Pixels whose result a tile writes: its interior and the separators after it."""
        box = self.interior(node)
        bottom, right = node.rows[1] * self.tile, node.columns[1] * self.tile
        return box._replace(bottom=min(bottom, self.size[0]), right=min(right, self.size[1]))

    def separator(self, node: Node) -> Box:
        """Pixels between the halves of a node."""
        box, first = self.interior(node), self.interior(node.halves[0])
        if first.bottom < box.bottom:
            return box._replace(top=first.bottom, bottom=first.bottom + self.reach)
        return box._replace(left=first.right, right=first.right + self.reach)

    def pixels(self, box: Box) -> NDArray[np.int64]:
        """Numbers of a box's pixels, (H, W)."""
        rows = np.arange(box.top, box.bottom)[:, None] * self.size[1]
        return rows + np.arange(box.left, box.right)

    def around(self, box: Box) -> NDArray[np.int64]:
        """Numbers of a box's pixels and those within reach, -1 off the picture.

        Shape (H + 2 reach, W + 2 reach).
        """
        down = np.arange(box.top - self.reach, box.bottom + self.reach)[:, None]
        across = np.arange(box.left - self.reach, box.right + self.reach)
        inside = (down >= 0) & (down < self.size[0]) & (across >= 0) & (across < self.size[1])
        return np.where(inside, down * self.size[1] + across, -1)

    def ring(self, node: Node) -> NDArray[np.int64]:
        """Numbers of the pixels around a node that are coupled to its interior, ascending."""
        box = self.interior(node)
        grown = box.grown(self.reach, self.size)
        is_ring = np.ones(grown.shape, bool)
        rows = slice(box.top - grown.top, box.bottom - grown.top)
        columns = slice(box.left - grown.left, box.right - grown.left)
        if not self.has_corners:
            is_ring[:] = False
            is_ring[rows], is_ring[:, columns] = True, True
        is_ring[rows, columns] = False
        return self.pixels(grown)[is_ring]
