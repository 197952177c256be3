"""The tables of a plan, by a walk over its tree."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ....stopping import check, never
from .layout import Tables, owners, padded, places_of, rows_of, runs_of, upper
from .program import (
    BLOCK_LEVELS,
    LANES,
    NONE,
    TILE,
    TILE_WIDTH,
    BlockProgram,
    Front,
    Node,
    Program,
    TileProgram,
)
from .tile_building import build_tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ....stopping import Stop
    from ..plan import Half, Plan, Shape


PITCH = 128
"""Numbers: rows a multiple of this apart share few lines of a cache."""


def make_program(plan: Plan, stop: Stop = never) -> Program:
    """Tables of a plan. Those of the last few are kept; ``stop`` is polled while some are made."""
    kept = _place(plan)
    if not kept:
        kept.append(_Builder(plan, stop).program())
    return kept[0]


@lru_cache(maxsize=8)
def _place(plan: Plan) -> list[Program]:
    """Where tables are kept; they are made elsewhere, as what may be stopped cannot be cached."""
    return []


def front_record(
    tables: Tables,
    pivots: NDArray[np.int64],
    ring: NDArray[np.int64],
    own: tuple[NDArray[np.int64], NDArray[np.int64]],
    halves: list[tuple[Half, list[int]]],
    plane_and_pitch: tuple[int, int],
) -> list[int]:
    """Row of a table of fronts, :class:`.program.Front`, by these pixels.

    Parameters
    ----------
    own
        Slots and sources of the matrix's own entries above the diagonal, as in a plan's shapes.
    halves
        Each with its own row.
    """
    wide, around = padded(len(pivots)), padded(len(ring))
    if around and (wide + around) % PITCH == 0:
        around += LANES
    put, (slots, sources) = tables.put, own
    row, column = np.divmod(slots, len(pivots) + len(ring))
    column = np.where(column < len(pivots), column, column + wide - len(pivots))
    places = np.column_stack(
        [row * (wide + around) + column, sources @ np.array([*plane_and_pitch, 1])]
    )
    record = [0] * len(Front)
    record[Front.PIVOTS], record[Front.RING] = len(pivots), len(ring)
    record[Front.PADDED_PIVOTS], record[Front.PADDED_RING] = wide, around
    record[Front.OWN] = put(places)
    record[Front.OWN_END] = record[Front.OWN] + places.size
    for k, (half, child) in enumerate(halves):
        runs = runs_of(half, len(pivots), wide)
        start = put(runs)
        record[Front.RUNS + 2 * k], record[Front.RUNS + 2 * k + 1] = start, start + runs.size
        record[Front.PLACES + k] = put(places_of(runs, child[Front.RING]))
        record[Front.HALF_RING + k] = child[Front.RING]
        record[Front.HALF_ROWS + k] = child[Front.ROWS]
    starts, size = rows_of(len(ring), around)
    record[Front.ROWS], record[Front.SQUARE] = put(starts), size
    record[Front.PIXELS] = put(np.concatenate([pivots, ring]) @ [plane_and_pitch[1], 1])
    return record


class _Builder:
    def __init__(self, plan: Plan, stop: Stop) -> None:
        self.plan, self.tables, self.stop = plan, Tables(), stop
        self.pitch = plan.size[1] + 2 * plan.margin
        self.plane = (plan.size[0] + 2 * plan.margin) * self.pitch
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
                check(self.stop)
                self.front_of[level, index] = len(self.fronts)
                self.fronts.append(self._front(level, shape))
        check(self.stop)
        tiles = tuple(
            build_tile(self.plan, self.tile, index, self.tables, self.pitch)
            for index in range(len(levels[self.tile]))
        )
        blocks = tuple(self._block(index, tiles) for index in range(len(levels[self.block])))
        nodes, kind, ends, parent = self._upper(blocks)
        totals = nodes[-1] + self._sizes(int(nodes[-1, Node.SHAPE]), int(kind[-1]), blocks)
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
            owners(self.plan, self.block, self.stop),
            factor=int(totals[Node.FACTOR]),
            left=int(totals[Node.LEFT]),
            rhs=int(totals[Node.RHS]),
            centre=int(totals[Node.CENTRE]),
        )

    def _front(self, level: int, shape: Shape) -> list[int]:
        """Row of the table of fronts."""
        halves = shape.halves if level < self.tile else ()
        below = [(half, self.fronts[self.front_of[level + 1, half.shape]]) for half in halves]
        own = upper(shape.slots, shape.sources, len(shape.pivots) + len(shape.ring))
        return front_record(
            self.tables, shape.pivots, shape.ring, own, below, (self.plane, self.pitch)
        )

    def _block(self, index: int, tiles: tuple[TileProgram, ...]) -> BlockProgram:
        """Program of a shape of blocks."""
        check(self.stop)
        rows: list[list[int]] = []
        sizes = np.zeros(len(Node), np.int64)
        groups: dict[int, list[tuple[int, int]]] = {}

        def visit(level: int, shape_index: int, node: int, origin: NDArray[np.int64]) -> int:
            shape = self.plan.levels[level][shape_index]
            halves = [NONE, NONE] if level < self.tile else [TILE, TILE]
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
                table[:, Node.ORIGIN] = (shape.origins + self.plan.margin) @ [self.pitch, 1]
                table[:, Node.HALF :] = NONE
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
        # Nodes are many, their kinds few.
        pairs = list(zip(nodes[:, Node.SHAPE].tolist(), kind.tolist(), strict=True))
        sizes = {pair: self._sizes(*pair, blocks) for pair in set(pairs)}
        steps = np.array([sizes[pair] for pair in pairs])
        nodes[:, Node.FACTOR : Node.HALF] = (np.cumsum(steps, 0) - steps)[
            :, Node.FACTOR : Node.HALF
        ]
        return nodes, kind, ends, parent

    def _sizes(self, shape: int, kind: int, blocks: tuple[BlockProgram, ...]) -> NDArray[np.int64]:
        """Numbers that a node takes in each of the arrays; its kind is -1 if it is no block."""
        front = self.fronts[shape]
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
        return padded(sizes)
