"""Memory that kernels work in, one piece a thread, and the tables that they find tiles by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .program import LANES, PANEL, Front, Small

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .program import Program

Scratch: TypeAlias = "tuple[NDArray[Any], ...]"

FRONT = 6
"""Place of one front in the memory of a thread."""


def lines(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Uninitialised numbers that start at a line of the cache."""
    raw = np.empty(size + LANES, dtype)
    skip = -raw.ctypes.data % 64 // dtype.itemsize
    return raw[skip : skip + size]


def tile_tables(program: Program) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nodes of all shapes of tiles, and where those of each are."""
    rows, start = [], 0
    for tile in program.tiles:
        end = start + len(tile.nodes)
        last = tile.nodes[-1]
        shape = tile.pixels, tile.inner, tile.count
        rows.append([start, end, *shape, last[Small.LEFT], last[Small.COLUMN]])
        start = end
    nodes = np.concatenate([tile.nodes for tile in program.tiles])
    return nodes, np.array(rows, np.int64)


def front_of(program: Program, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Memory for a column of any front, see :func:`column_of`."""
    widths = program.fronts[:, Front.PADDED_PIVOTS] + program.fronts[:, Front.PADDED_RING]
    return column_of(int(widths.max()), dtype)


def column_of(width: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Memory for a column of a front, and for two columns of a panel's pivots."""
    return lines(width + 2 * PANEL + 2 * LANES, dtype)


def scratch_of(program: Program, dtype: np.dtype[Any], planes: int) -> Scratch:
    """Memory for one thread, in the order that the kernels take it."""
    pixels = max(tile.count for tile in program.tiles)
    fronts = max(
        int((t.nodes[:, Small.PIVOTS] + t.nodes[:, Small.RING]).max()) for t in program.tiles
    )
    return (
        lines(max(block.left for block in program.blocks) + LANES, dtype),
        lines(LANES * max(tile.left for tile in program.tiles) + LANES, dtype),
        lines(LANES * max(tile.column for tile in program.tiles) + LANES, dtype),
        lines(LANES * planes * pixels, dtype),
        lines(LANES * pixels, dtype),
        lines(LANES * fronts, dtype),
        front_of(program, dtype),
        np.zeros(LANES, np.int64),
    )
