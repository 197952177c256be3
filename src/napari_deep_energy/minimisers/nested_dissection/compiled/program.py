"""A plan as tables of numbers, which is what compiled kernels can follow.

The tree is worked on in three parts. *Tiles*, the smallest, are a whole subtree each and are
eliminated sixteen at a time, one a lane of a vector. A *block* is a subtree of up to sixteen tiles;
what its nodes leave on their rings stays in a processor's cache. The nodes above the blocks keep
it, for later strokes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANES = 16
ROWS = 8
"""Rows of a remainder that share a length."""
PANEL = 128
"""Pivots of a front that are eliminated together; whole vectors."""
TILE_WIDTH = 100
"""Pixels in the largest front of a tile: sixteen of its triangles fit into a cache."""
NONE, TILE = -1, -2
"""What stands for a node that has no first or second half, and for both halves of a tile."""
BLOCK_LEVELS = 4
"""Levels of a block above its tiles."""


class Column(IntEnum):
    """Columns of a table, numbered from 0."""

    @staticmethod
    def _generate_next_value_(_name: str, _start: int, count: int, _last: object) -> int:
        return count


class Front(Column):
    """Columns of the table of front shapes."""

    PIVOTS = auto()
    RING = auto()
    PADDED_PIVOTS = auto()
    PADDED_RING = auto()
    OWN = auto()
    OWN_END = auto()
    RUNS = auto()  # of both halves: start, end, start, end
    RUNS_END = auto()
    OTHER_RUNS = auto()
    OTHER_RUNS_END = auto()
    PLACES = auto()  # of both halves' ring pixels in this front
    OTHER_PLACES = auto()
    HALF_RING = auto()
    OTHER_HALF_RING = auto()
    HALF_ROWS = auto()
    OTHER_HALF_ROWS = auto()
    ROWS = auto()
    SQUARE = auto()
    PIXELS = auto()


class Node(Column):
    """Columns of the table of nodes."""

    SHAPE = auto()
    ORIGIN = auto()
    FACTOR = auto()
    LEFT = auto()
    RHS = auto()
    CENTRE = auto()
    HALF = auto()
    OTHER_HALF = auto()


class Small(Column):
    """Columns of the table of a tile's nodes, in the order of elimination."""

    PIVOTS = auto()
    RING = auto()
    FACTOR = auto()
    CENTRE = auto()
    LEFT = auto()
    COLUMN = auto()
    OWN = auto()
    OWN_END = auto()
    PIXELS = auto()
    HALF = auto()
    OTHER_HALF = auto()
    ROWS = auto()  # of both halves: what joins the pivots' rows, and what the ring
    ROWS_END = auto()
    RINGS = auto()
    RINGS_END = auto()
    PLACES = auto()
    OTHER_ROWS = auto()
    OTHER_ROWS_END = auto()
    OTHER_RINGS = auto()
    OTHER_RINGS_END = auto()
    OTHER_PLACES = auto()


@dataclass(frozen=True, eq=False)
class TileProgram:
    """The nodes below one shape of tiles, and where their numbers are."""

    nodes: NDArray[np.int64]
    """(M, len(Small)), halves before wholes."""
    pixels: int
    """Where the places of its pixels in the picture are, from its own, those of its ring last."""
    inner: int
    count: int
    """Pixels inside and in all."""
    factor: int
    """Numbers of the factor, of the right-hand sides, and of what is left, each for one lane."""
    centre: int
    left: int
    column: int


@dataclass(frozen=True, eq=False)
class BlockProgram:
    """A subtree of a few tiles."""

    tiles: NDArray[np.int64]
    """(G, 3 + 2 * 16) for each group of tiles: shape, factor, centre; node and origin a lane."""
    nodes: NDArray[np.int64]
    """(M, len(Node)), halves before wholes, the block itself last; tiles are among them."""
    factor: int
    centre: int
    left: int
    rhs: int


@dataclass(frozen=True, eq=False)
class Program:
    """Everything that the kernels need to know of a plan."""

    pitch: int
    plane: int
    """Pixels in a row, and in the whole, of the picture with its margin."""
    numbers: NDArray[np.int64]
    """What the tables below point into."""
    fronts: NDArray[np.int64]
    """(S, len(Front))"""
    tiles: tuple[TileProgram, ...]
    blocks: tuple[BlockProgram, ...]
    nodes: NDArray[np.int64]
    """(N, len(Node)) blocks, whose shape is that of their front, and all above, root first."""
    kind: NDArray[np.int64]
    """(N) which of ``blocks`` a node is, -1 above them."""
    levels: tuple[tuple[int, int], ...]
    """First node of each level and its end; the last level are the blocks."""
    parent: NDArray[np.int64]
    owner: NDArray[np.int32]
    """(H * W) the node that eliminates a pixel, at or below it."""
    factor: int
    left: int
    rhs: int
    centre: int
