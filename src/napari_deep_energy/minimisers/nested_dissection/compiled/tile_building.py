"""The tables of a tile: of its nodes, in the order of elimination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import places_of, runs_of, triangle, upper
from .program import Small, TileProgram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..plan import Half, Plan, Shape
    from .layout import Tables


def build_tile(plan: Plan, top: int, index: int, tables: Tables) -> TileProgram:
    """Program of a shape of tiles, which are the nodes of level ``top``."""
    tile = plan.levels[top][index].tile
    height, width = (size + 2 * plan.reach for size in tile.size)
    records: list[list[int]] = []
    sizes = {"factor": 0, "centre": 0}
    depth = len(plan.levels) - top
    widest = [max(len(shape.ring) for shape in level) for level in plan.levels[top:]]
    lefts = np.concatenate([[0], np.cumsum(np.repeat([w * (w + 1) // 2 for w in widest], 2))])
    columns = np.concatenate([[0], np.cumsum(np.repeat(widest, 2))])

    def visit(level: int, shape_index: int, node: int, origin: NDArray[np.int64], k: int) -> int:
        shape = plan.levels[level][shape_index]
        halves = []
        for other, half in enumerate(shape.halves):
            below = plan.levels[level + 1][half.shape]
            shift = below.origins[half.first + node] - shape.origins[node]
            halves.append(visit(level + 1, half.shape, half.first + node, origin + shift, other))
        slot = 2 * (level - top) + k
        record = _node(tables, shape, origin + plan.reach, (height, width))
        record[Small.FACTOR], record[Small.CENTRE] = sizes["factor"], sizes["centre"]
        record[Small.LEFT], record[Small.COLUMN] = int(lefts[slot]), int(columns[slot])
        record[Small.HALF], record[Small.OTHER_HALF] = halves or (-1, -1)
        for other, half in enumerate(shape.halves):
            _half(tables, record, shape, half, records[halves[other]], other)
        pivots, ring = record[Small.PIVOTS], record[Small.RING]
        sizes["factor"] += pivots * (pivots + ring) - pivots * (pivots - 1) // 2
        sizes["centre"] += pivots
        records.append(record)
        return len(records) - 1

    visit(top, index, 0, np.zeros(2, np.int64), 0)
    return TileProgram(
        np.array(records, np.int64),
        (height, width),
        sizes["factor"],
        sizes["centre"],
        int(lefts[2 * depth]),
        int(columns[2 * depth]),
    )


def _node(
    tables: Tables, shape: Shape, place: NDArray[np.int64], size: tuple[int, int]
) -> list[int]:
    """Row of the table of a tile's nodes, without what depends on its halves."""
    height, width = size
    pivots, ring = len(shape.pivots), len(shape.ring)
    slots, sources = upper(shape)
    row, column = np.divmod(slots, pivots + ring)
    local = sources @ np.array([height * width, width, 1]) + place @ np.array([width, 1])
    own = np.column_stack([triangle(row, pivots + ring) + column, local])
    pixels = np.concatenate([shape.pivots, shape.ring]) + place
    record = [0] * len(Small)
    record[Small.PIVOTS], record[Small.RING] = pivots, ring
    record[Small.OWN] = tables.put(own)
    record[Small.OWN_END] = record[Small.OWN] + own.size
    record[Small.PIXELS] = tables.put(pixels @ [width, 1])
    return record


def _half(
    tables: Tables, record: list[int], shape: Shape, half: Half, child: list[int], k: int
) -> None:
    """Where what a half left goes: to the pivots' rows or to the ring."""
    pivots, ring = len(shape.pivots), len(shape.ring)
    places = places_of(runs_of(half, pivots, pivots), child[Small.RING])
    i, j = np.triu_indices(child[Small.RING], 1)
    source = triangle(i, child[Small.RING]) + j
    first = np.minimum(places[i], places[j])
    second = np.maximum(places[i], places[j])
    known = first >= 0
    for k_part, (chosen, base, size) in enumerate(
        (
            (known & (first < pivots), 0, pivots + ring),
            (known & (first >= pivots), pivots, ring),
        )
    ):
        row, column = first[chosen] - base, second[chosen] - base
        pairs = np.column_stack([source[chosen], triangle(row, size) + column])
        column_of_table = (Small.OTHER_ROWS if k else Small.ROWS) + 2 * k_part
        record[column_of_table] = tables.put(pairs)
        record[column_of_table + 1] = record[column_of_table] + pairs.size
    record[Small.OTHER_PLACES if k else Small.PLACES] = tables.put(places)
