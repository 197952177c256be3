"""The tables of a tile: of its nodes, in the order of elimination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..places import Places
from .layout import places_of, runs_of, triangle, upper
from .program import NONE, Small, TileProgram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..plan import Half, Plan, Shape
    from .layout import Tables


def build_tile(plan: Plan, top: int, index: int, tables: Tables, pitch: int) -> TileProgram:
    """Program of a shape of tiles, which are the nodes of level ``top``."""
    inside, around = _pixels(plan, top, index)
    pixels = np.concatenate([inside, around])
    local = Places(pixels)
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
        record = _node(tables, shape, origin, local)
        record[Small.FACTOR], record[Small.CENTRE] = sizes["factor"], sizes["centre"]
        record[Small.LEFT], record[Small.COLUMN] = int(lefts[slot]), int(columns[slot])
        record[Small.HALF], record[Small.OTHER_HALF] = [*halves, NONE, NONE][:2]
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
        tables.put(pixels @ [pitch, 1]),
        len(inside),
        len(pixels),
        sizes["factor"],
        sizes["centre"],
        int(lefts[2 * depth]),
        int(columns[2 * depth]),
    )


def _pixels(plan: Plan, top: int, index: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels that the nodes of a tile eliminate, and others on their rings, row by row."""
    inside, rings = [], []

    def visit(level: int, shape_index: int, node: int, origin: NDArray[np.int64]) -> None:
        shape = plan.levels[level][shape_index]
        inside.append(shape.pivots + origin)
        rings.append(shape.ring + origin)
        for half in shape.halves:
            below = plan.levels[level + 1][half.shape]
            shift = below.origins[half.first + node] - shape.origins[node]
            visit(level + 1, half.shape, half.first + node, origin + shift)

    visit(top, index, 0, np.zeros(2, np.int64))
    own, around = (np.unique(np.concatenate(parts), axis=0) for parts in (inside, rings))
    return own, around[Places(own)(around) < 0]


def _node(tables: Tables, shape: Shape, origin: NDArray[np.int64], local: Places) -> list[int]:
    """Row of the table of a tile's nodes, without what depends on its halves."""
    pivots, ring = len(shape.pivots), len(shape.ring)
    slots, sources = upper(shape.slots, shape.sources, pivots + ring)
    row, column = np.divmod(slots, pivots + ring)
    places = sources[:, 0] * len(local) + local(sources[:, 1:] + origin)
    own = np.column_stack([triangle(row, pivots + ring) + column, places])
    pixels = np.concatenate([shape.pivots, shape.ring])
    record = [0] * len(Small)
    record[Small.PIVOTS], record[Small.RING] = pivots, ring
    record[Small.OWN] = tables.put(own)
    record[Small.OWN_END] = record[Small.OWN] + own.size
    record[Small.PIXELS] = tables.put(local(pixels + origin))
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
