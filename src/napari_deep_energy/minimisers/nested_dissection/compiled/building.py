"""The tables of a plan, by a walk over its tree."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .layout import (
    Tables,
    owners,
    padded,
    padded_all,
    places_of,
    rows_of,
    runs_of,
    triangle,
    upper,
)
from .program import (
    BLOCK_LEVELS,
    LANES,
    TILE_WIDTH,
    BlockProgram,
    Front,
    Node,
    Program,
    Small,
    TileProgram,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..plan import Half, Plan, Shape


@lru_cache(maxsize=8)
def make_program(plan: Plan) -> Program:
    """Tables of a plan."""
    return _Builder(plan).program()


class _Builder:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.tables = plan, Tables()
        self.reach = plan.reach
        self.pitch = plan.size[1] + 2 * self.reach
        self.plane = (plan.size[0] + 2 * self.reach) * self.pitch
        widths = [max(len(s.pivots) + len(s.ring) for s in level) for level in plan.levels]
        # The root may be narrow too, for want of a ring, while its halves are wide.
        wide = [level for level, width in enumerate(widths) if width > TILE_WIDTH]
        self.tile = min(max(wide, default=-1) + 1, len(widths) - 1)
        self.block = max(0, self.tile - BLOCK_LEVELS)
        self.front_of: dict[tuple[int, int], int] = {}
        self.fronts: list[list[int]] = []

    def program(self) -> Program:
        levels = self.plan.levels
        for level in range(self.tile, -1, -1):
            for index, shape in enumerate(levels[level]):
                self.front_of[level, index] = len(self.fronts)
                self.fronts.append(self._front(level, shape))
        tiles = tuple(self._tile(index) for index in range(len(levels[self.tile])))
        blocks = tuple(self._block(index, tiles) for index in range(len(levels[self.block])))
        nodes, kind, ends, parent = self._upper(blocks)
        first = ends[-1][0]
        places = nodes[first:, Node.ORIGIN]
        totals = nodes[-1] + self._sizes(nodes[-1], int(kind[-1]), blocks)
        return Program(
            self.pitch,
            self.plane,
            self.tables.joined(),
            np.array(self.fronts, np.int64),
            tiles,
            blocks,
            nodes,
            kind,
            tuple(ends),
            parent,
            owners(self.plan, self.block),
            first + np.argsort(places, kind="stable"),
            factor=int(totals[Node.FACTOR]),
            left=int(totals[Node.LEFT]),
            rhs=int(totals[Node.RHS]),
            centre=int(totals[Node.CENTRE]),
        )

    def _front(self, level: int, shape: Shape) -> list[int]:
        """Row of the table of fronts."""
        pivots, ring = len(shape.pivots), len(shape.ring)
        wide, around = padded(pivots), padded(ring)
        put = self.tables.put
        slots, sources = upper(shape)
        row, column = np.divmod(slots, pivots + ring)
        column = np.where(column < pivots, column, column + wide - pivots)
        own = np.column_stack(
            [
                row * (wide + around) + column,
                sources @ np.array([self.plane, self.pitch, 1]),
            ]
        )
        record = [0] * len(Front)
        record[Front.PIVOTS], record[Front.RING] = pivots, ring
        record[Front.PADDED_PIVOTS], record[Front.PADDED_RING] = wide, around
        record[Front.OWN] = put(own)
        record[Front.OWN_END] = record[Front.OWN] + own.size
        for k, half in enumerate(shape.halves if level < self.tile else ()):
            runs = runs_of(half, pivots, wide)
            child = self.fronts[self.front_of[level + 1, half.shape]]
            start = put(runs)
            record[Front.RUNS + 2 * k], record[Front.RUNS + 2 * k + 1] = start, start + runs.size
            record[Front.PLACES + k] = put(places_of(runs, child[Front.RING]))
            record[Front.HALF_RING + k] = child[Front.RING]
            record[Front.HALF_ROWS + k] = child[Front.ROWS]
        starts, size = rows_of(ring)
        record[Front.ROWS], record[Front.SQUARE] = put(starts), size
        pixels = np.concatenate([shape.pivots, shape.ring])
        record[Front.PIXELS] = put(pixels @ [self.pitch, 1])
        return record

    def _tile(self, index: int) -> TileProgram:
        """Program of a shape of tiles."""
        tile = self.plan.levels[self.tile][index].tile
        height, width = (size + 2 * self.reach for size in tile.size)
        records: list[list[int]] = []
        sizes = {"factor": 0, "centre": 0}
        depth = len(self.plan.levels) - self.tile
        widest = [
            max(len(shape.ring) for shape in level) for level in self.plan.levels[self.tile :]
        ]
        lefts = np.concatenate([[0], np.cumsum(np.repeat([w * (w + 1) // 2 for w in widest], 2))])
        columns = np.concatenate([[0], np.cumsum(np.repeat(widest, 2))])

        def visit(
            level: int, shape_index: int, node: int, origin: NDArray[np.int64], k: int
        ) -> int:
            shape = self.plan.levels[level][shape_index]
            halves = []
            for other, half in enumerate(shape.halves):
                below = self.plan.levels[level + 1][half.shape]
                shift = below.origins[half.first + node] - shape.origins[node]
                halves.append(
                    visit(level + 1, half.shape, half.first + node, origin + shift, other)
                )
            slot = 2 * (level - self.tile) + k
            record = self._small(shape, origin, height, width)
            record[Small.FACTOR], record[Small.CENTRE] = sizes["factor"], sizes["centre"]
            record[Small.LEFT], record[Small.COLUMN] = int(lefts[slot]), int(columns[slot])
            record[Small.HALF], record[Small.OTHER_HALF] = halves or (-1, -1)
            for other, half in enumerate(shape.halves):
                self._small_half(record, shape, half, records[halves[other]], other)
            pivots, ring = record[Small.PIVOTS], record[Small.RING]
            sizes["factor"] += pivots * (pivots + ring) - pivots * (pivots - 1) // 2
            sizes["centre"] += pivots
            records.append(record)
            return len(records) - 1

        visit(self.tile, index, 0, np.zeros(2, np.int64), 0)
        return TileProgram(
            np.array(records, np.int64),
            (height, width),
            sizes["factor"],
            sizes["centre"],
            int(lefts[2 * depth]),
            int(columns[2 * depth]),
        )

    def _small(self, shape: Shape, origin: NDArray[np.int64], height: int, width: int) -> list[int]:
        """Row of the table of a tile's nodes, without what depends on its halves."""
        pivots, ring = len(shape.pivots), len(shape.ring)
        slots, sources = upper(shape)
        row, column = np.divmod(slots, pivots + ring)
        place = origin + self.reach
        local = sources @ np.array([height * width, width, 1]) + place @ np.array([width, 1])
        own = np.column_stack([triangle(row, pivots + ring) + column, local])
        pixels = np.concatenate([shape.pivots, shape.ring]) + place
        record = [0] * len(Small)
        record[Small.PIVOTS], record[Small.RING] = pivots, ring
        record[Small.OWN] = self.tables.put(own)
        record[Small.OWN_END] = record[Small.OWN] + own.size
        record[Small.PIXELS] = self.tables.put(pixels @ [width, 1])
        return record

    def _small_half(
        self, record: list[int], shape: Shape, half: Half, child: list[int], k: int
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
            record[column_of_table] = self.tables.put(pairs)
            record[column_of_table + 1] = record[column_of_table] + pairs.size
        record[Small.OTHER_PLACES if k else Small.PLACES] = self.tables.put(places)

    def _block(self, index: int, tiles: tuple[TileProgram, ...]) -> BlockProgram:
        """Program of a shape of blocks."""
        rows: list[list[int]] = []
        sizes = np.zeros(len(Node), np.int64)
        groups: dict[int, list[tuple[int, int]]] = {}

        def visit(level: int, shape_index: int, node: int, origin: NDArray[np.int64]) -> int:
            shape = self.plan.levels[level][shape_index]
            halves = [-1, -1]
            for other, half in enumerate(shape.halves if level < self.tile else ()):
                below = self.plan.levels[level + 1][half.shape]
                shift = below.origins[half.first + node] - shape.origins[node]
                halves[other] = visit(level + 1, half.shape, half.first + node, origin + shift)
            place = int(origin @ [self.pitch, 1])
            row = [self.front_of[level, shape_index], place, *sizes[2:6], *halves]
            front = self.fronts[row[0]]
            sizes[Node.LEFT] += front[Front.SQUARE] + front[Front.PADDED_RING]
            sizes[Node.RHS] += front[Front.PADDED_RING]
            if level == self.tile:
                groups.setdefault(shape_index, []).append((len(rows), place))
            else:
                sizes[Node.FACTOR] += front[Front.PADDED_PIVOTS] * (
                    front[Front.PADDED_PIVOTS] + front[Front.PADDED_RING]
                )
                sizes[Node.CENTRE] += front[Front.PADDED_PIVOTS]
            rows.append([int(value) for value in row])
            return len(rows) - 1

        visit(self.block, index, 0, np.zeros(2, np.int64))
        lanes = []
        for shape_index, members in groups.items():
            for start in range(0, len(members), LANES):
                some = members[start : start + LANES]
                some += [some[-1]] * (LANES - len(some))
                lanes.append(
                    [
                        shape_index,
                        int(sizes[Node.FACTOR]),
                        int(sizes[Node.CENTRE]),
                        *(node for node, _ in some),
                        *(place for _, place in some),
                    ]
                )
                sizes[Node.FACTOR] += LANES * tiles[shape_index].factor
                sizes[Node.CENTRE] += LANES * tiles[shape_index].centre
        return BlockProgram(
            np.array(lanes, np.int64),
            np.array(rows, np.int64),
            int(sizes[Node.FACTOR]),
            int(sizes[Node.CENTRE]),
            int(sizes[Node.LEFT]),
            int(sizes[Node.RHS]),
        )

    def _upper(
        self, blocks: tuple[BlockProgram, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[tuple[int, int]], NDArray[np.int64]]:
        """Nodes down to the blocks, which of the block programs each is, levels, and parents."""
        tables, kinds, ends, start = [], [], [], 0
        firsts: list[list[int]] = []
        for level in range(self.block + 1):
            first = start
            firsts.append([])
            for index, shape in enumerate(self.plan.levels[level]):
                firsts[level].append(start)
                table = np.zeros((len(shape.origins), len(Node)), np.int64)
                table[:, Node.SHAPE] = self.front_of[level, index]
                table[:, Node.ORIGIN] = (shape.origins + self.reach) @ [self.pitch, 1]
                table[:, Node.HALF :] = -1
                tables.append(table)
                kinds.append(np.full(len(table), index if level == self.block else -1))
                start += len(table)
            ends.append((first, start))
        nodes, kind = np.concatenate(tables), np.concatenate(kinds)
        parent = np.full(len(nodes), -1)
        for level in range(self.block):
            for index, shape in enumerate(self.plan.levels[level]):
                own = firsts[level][index] + np.arange(len(shape.origins))
                for k, half in enumerate(shape.halves):
                    below = firsts[level + 1][half.shape] + half.first + np.arange(len(own))
                    nodes[own, Node.HALF + k] = below
                    parent[below] = own
        steps = np.array(
            [self._sizes(row, int(k), blocks) for row, k in zip(nodes, kind, strict=True)]
        )
        nodes[:, Node.FACTOR : Node.HALF] = (np.cumsum(steps, 0) - steps)[
            :, Node.FACTOR : Node.HALF
        ]
        return nodes, kind, ends, parent

    def _sizes(
        self, row: NDArray[np.int64], kind: int, blocks: tuple[BlockProgram, ...]
    ) -> NDArray[np.int64]:
        """Numbers that a node takes in each of the arrays."""
        front = self.fronts[int(row[Node.SHAPE])]
        sizes = np.zeros(len(Node), np.int64)
        sizes[Node.LEFT] = front[Front.SQUARE] + front[Front.PADDED_RING]
        sizes[Node.RHS] = front[Front.PADDED_RING]
        if kind >= 0:
            sizes[Node.FACTOR], sizes[Node.CENTRE] = blocks[kind].factor, blocks[kind].centre
        else:
            pivots = front[Front.PADDED_PIVOTS]
            sizes[Node.FACTOR] = pivots * (pivots + front[Front.PADDED_RING])
            sizes[Node.CENTRE] = pivots
        # Each node starts on a line of the cache.
        return padded_all(sizes)
