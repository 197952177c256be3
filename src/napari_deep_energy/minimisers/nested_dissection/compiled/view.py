"""The tree as it is seen from one of its nodes, while strokes stay within that node.

What the pixels outside a node leave on its ring is the same whatever is painted inside. It is found
from the root down: what is outside a node is its sibling, its parent's pixels, and what is outside
the parent (Li, Ahmed, Klimeck, Darve, "Computing entries of the inverse of a sparse matrix using
the FIND algorithm", J. Comput. Phys. 2008). The pixels of the node's ring are then the last to be
eliminated, in place of the root's: a stroke renews the nodes below and that ring, but none of the
nodes above, which are the largest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..places import Places
from ..plan import Half, entries, runs_of_places
from . import trees
from .building import front_record
from .layout import Tables, padded, rows_of, upper
from .program import LANES, NONE, Front, Node
from .scratch import column_of, lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..plan import Plan
    from .program import Program
    from .scratch import Scratch
    from .team import Task

LEAST = 512
"""Ring pixels of the smallest node to see the tree from: what is above a smaller one costs little
until there."""
FIRST = np.zeros(1, np.int64)
"""The front among the nodes of its table."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Where that is which something left on its ring."""

    ring: NDArray[np.int64]
    """(R, 2) pixels."""
    around: int
    """R, padded."""
    left: int
    """First of its numbers in what is kept, and in what is kept of a right-hand side."""
    rhs: int


@dataclass(eq=False)
class Turned:
    """A front of the tree as it is seen from elsewhere."""

    tree: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[Any]]
    """Tables for the kernels; their first node is this front, then come its halves."""
    factor: NDArray[Any]
    centre: NDArray[Any]
    """(K, P)"""
    front: NDArray[Any]
    """Memory for a column."""
    kept: Kept

    def forward(self, rhs: NDArray[Any], kept_rhs: NDArray[Any]) -> Task:
        """Take in right-hand sides (K, plane)."""
        ways = self.factor, self.centre, kept_rhs, self.front

        def work(_: Scratch, flag: NDArray[np.int64]) -> None:
            trees.forward_tops(FIRST, flag, self.tree, rhs, *ways)

        return work

    def backward(self, x: NDArray[Any]) -> Task:
        """x (K, plane) of the pixels that are eliminated."""
        ways = self.factor, self.centre, self.front

        def work(_: Scratch, flag: NDArray[np.int64]) -> None:
            trees.backward_tops(FIRST, flag, self.tree, x, *ways)

        return work


class View:
    """Which node the tree is seen from, and the fronts that take the place of those above it."""

    def __init__(self, plan: Plan, program: Program, dtype: np.dtype[Any]) -> None:
        self._plan, self._program, self._dtype = plan, program, dtype
        self.path: list[int] = []
        """Nodes from below the root to that one; empty if the tree is seen from its root."""
        self.outside: list[Turned] = []
        """What is outside each node of the path from its second on."""
        self.rim: Turned | None = None
        """The ring of the last node of the path."""
        self.stale = np.zeros(len(program.nodes), bool)
        """Nodes that do not hold what was painted."""
        self.is_whole = True
        """Whether all was done that was begun."""
        self._changed = 0
        """The smallest node that held the last change."""
        self._memory: dict[int, NDArray[Any]] = {}
        self._rings = program.fronts[program.nodes[:, Node.SHAPE], Front.RING]
        largest = [int(self._rings[first:end].max()) for first, end in program.levels]
        around = [padded(ring) + LANES for ring in largest]
        kept = [padded(rows_of(*each)[1] + each[1]) for each in zip(largest, around, strict=True)]
        self._left = program.left + np.cumsum([0, *kept])
        self._rhs = program.rhs + np.cumsum([0, *around])

    @property
    def left(self) -> int:
        """Numbers to keep of what all fronts leave."""
        return int(self._left[-1])

    @property
    def rhs(self) -> int:
        """Numbers to keep of what they leave of a right-hand side."""
        return int(self._rhs[-1])

    @property
    def above(self) -> list[int]:
        """Nodes whose place is taken by others."""
        return [0, *self.path[:-1]] if self.path else []

    @property
    def due(self) -> NDArray[np.bool_]:
        """Nodes to eliminate before the others can be: stale ones whose place is not taken."""
        due = self.stale.copy()
        due[self.above] = False
        return due

    @property
    def fronts(self) -> list[Turned]:
        """Those that take it, in the order of elimination."""
        return [*self.outside, self.rim] if self.rim else self.outside

    def follow(self, owners: NDArray[np.int64] | None) -> None:
        """See the tree from the smallest node that holds both this change and the last one.

        The first change somewhere costs what it would without views, and what was left of the nodes
        above the last one. ``owners`` are the nodes with a changed pixel, None if all may have one.
        """
        if not self.is_whole:
            self.outside, self.rim = [], None
        if owners is None:
            self._see_from(0)
        elif len(owners):
            changed = self._common(owners)
            self._see_from(self._common(np.array([changed, self._changed])))
            self._changed = changed

    def turn_to(self, node: int) -> bool:
        """See the tree from a node that is likely to hold the next change, if that is worth it."""
        if is_worth := bool(self._path_to(node)):
            self._see_from(node)
        return is_worth

    def forget(self) -> None:
        """See it from its root, without memory for more."""
        self._see_from(0)
        self._memory.clear()

    def _see_from(self, node: int) -> None:
        """See it from a node, or from the smallest one around it that is large enough."""
        path = self._path_to(node)
        if path != self.path:
            self.rim = None
        same = sum(path[: k + 1] == self.path[: k + 1] for k in range(len(path)))
        self.path, self.outside = path, self.outside[: max(0, same - 1)]
        self._changed = node

    def missing(self) -> list[int]:
        """Nodes of the path of which it is not known what is outside."""
        return self.path[len(self.outside) + 1 :]

    def outside_of(self, node: int, classes: int) -> Turned:
        """The front of what is outside a node of the path, the next one after ``outside``."""
        parent = int(self._program.parent[node])
        pixels = [self._pivots(parent)]
        around = [self._kept(half) for half in self._siblings(node)]
        if self.outside:
            around.append(self.outside[-1].kept)
            pixels.append(around[-1].ring)
        else:  # the parent is a half of the root
            around += [self._kept(half) for half in self._siblings(parent)]
            pixels.append(self._pivots(0))
        there, ring = np.concatenate(pixels), self._kept(node).ring
        pivots = there[Places(ring)(there) < 0]
        return self._turned(self._place(node)[0], pivots, ring, around, classes)

    def rim_of(self, node: int, classes: int) -> Turned:
        """The front of a node's ring, which has no ring itself."""
        inside, outside = self._kept(node), self.outside[-1].kept
        return self._turned(0, inside.ring, inside.ring[:0], [inside, outside], classes)

    def _turned(
        self,
        level: int,
        pivots: NDArray[np.int64],
        ring: NDArray[np.int64],
        halves: list[Kept],
        classes: int,
    ) -> Turned:
        program, plan, tables = self._program, self._plan, Tables()
        places = Places(np.concatenate([pivots, ring]))
        below = []
        for half in halves:
            starts, square = rows_of(len(half.ring), half.around)
            row = [0] * len(Front)
            row[Front.RING], row[Front.PADDED_RING] = len(half.ring), half.around
            row[Front.ROWS], row[Front.SQUARE] = tables.put(starts), square
            below.append((Half(0, 0, runs_of_places(places(half.ring))), row))
        own = upper(*entries(pivots, ring, plan.offsets), len(pivots) + len(ring))
        record = front_record(tables, pivots, ring, own, below, (program.plane, program.pitch))
        wide, around = record[Front.PADDED_PIVOTS], record[Front.PADDED_RING]
        kept = Kept(ring, around, int(self._left[level]), int(self._rhs[level]))
        nodes = np.full((1 + len(halves), len(Node)), NONE)
        origin = plan.margin * (program.pitch + 1)
        for number, part in enumerate([kept, *halves]):
            nodes[number, : Node.HALF] = number, origin, 0, part.left, part.rhs, 0
        nodes[0, Node.HALF : Node.HALF + len(halves)] = range(1, len(nodes))
        fronts = np.array([record, *(row for _, row in below)], np.int64)
        measures = np.array([program.plane, len(plan.offsets)])
        return Turned(
            (tables.joined(), fronts, nodes, measures),
            self._room(level, wide * (wide + around)),
            np.zeros((classes, wide), self._dtype),
            column_of(wide + around, self._dtype),
            kept,
        )

    def _room(self, level: int, size: int) -> NDArray[Any]:
        """Memory for a factor, that of a former one if it suffices: the system clears new pages."""
        if level not in self._memory or len(self._memory[level]) < size:
            self._memory.pop(level, None)
            self._memory[level] = lines(size, self._dtype)
        return self._memory[level][:size]

    def _common(self, nodes: NDArray[np.int64]) -> int:
        """The smallest node that holds some."""
        for first, _ in self._program.levels[::-1]:
            nodes = np.unique(nodes)
            if len(nodes) == 1:
                break
            nodes = np.where(nodes >= first, self._program.parent[nodes], nodes)
        return int(nodes[0])

    def _path_to(self, node: int) -> list[int]:
        """To a node, or as far as it is worth it."""
        path: list[int] = []
        while node > 0:
            path.insert(0, node)
            node = int(self._program.parent[node])
        while path and self._rings[path[-1]] < LEAST:
            path.pop()
        is_part = self._rings[0] > 0  # and leaves something itself
        return [] if is_part or len(path) < 2 else path

    def _siblings(self, node: int) -> list[int]:
        """The other half of a node's parent, if it has one."""
        halves = self._program.nodes[self._program.parent[node], Node.HALF : Node.HALF + 2]
        return [int(half) for half in halves if half not in (node, NONE)]

    def _kept(self, node: int) -> Kept:
        """What a node of the picture's own tree left."""
        row = self._program.nodes[node]
        around = int(self._program.fronts[row[Node.SHAPE], Front.PADDED_RING])
        level, shape, number = self._place(node)
        found = self._plan.levels[level][shape]
        ring = found.ring + found.origins[number]
        return Kept(ring, around, int(row[Node.LEFT]), int(row[Node.RHS]))

    def _pivots(self, node: int) -> NDArray[np.int64]:
        level, shape, number = self._place(node)
        found = self._plan.levels[level][shape]
        pixels: NDArray[np.int64] = found.pivots + found.origins[number]
        return pixels

    def _place(self, node: int) -> tuple[int, int, int]:
        """Level and shape of a node, and which of the shape's nodes it is."""
        level = next(k for k, (_, end) in enumerate(self._program.levels) if node < end)
        number = node - self._program.levels[level][0]
        for shape, found in enumerate(self._plan.levels[level]):
            if number < len(found.origins):
                return level, shape, number
            number -= len(found.origins)
        raise IndexError(node)
