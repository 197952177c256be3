"""The factor of one picture: made leaves first, brought up to date where a stroke went, solved.

A stroke changes pixels; the nodes that eliminate them, and all nodes above these, are eliminated
again, and nothing else. What a node leaves on its ring is kept for large nodes only: below the
*tiles* it would take most of the memory, and is made anew for the few tiles that a stroke touches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import torch

from ...stopping import check
from .batch import allocate
from .elimination import pivot_inverses
from .fronts import Fronts, Remainder, places_of, put

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...stopping import Stop
    from .plan import Plan, Shape
    from .system import System

TILE = 31
"""Longest side of the smallest nodes whose remainder is kept."""
KEPT_BYTES = 1.5 * 2**30
"""Remainders of the larger nodes are kept as long as they fit into this."""
CHUNK = 2**20
"""Pixels in the tiles that are worked on at a time."""

Nodes: TypeAlias = "list[torch.Tensor]"
"""Numbers of some nodes of one level, ascending, for each of its shapes."""


class Task(NamedTuple):
    """Some nodes to eliminate, and what their halves left."""

    fronts: Fronts
    nodes: torch.Tensor
    halves: list[Remainder]


class Factor:
    """Factor of the system of one picture."""

    def __init__(self, plan: Plan, like: torch.Tensor) -> None:
        self.plan, self.like = plan, like
        self.levels = [
            [Fronts(shape, places, like) for shape, places in zip(*level, strict=True)]
            for level in zip(plan.levels, places_of(plan, like.device), strict=True)
        ]
        self.tiles = _tile_level(self.levels)
        self.rank = torch.as_tensor(plan.rank, device=like.device)

    def take_in(
        self, system: System, changed: NDArray[np.bool_] | None, is_new: bool, stop: Stop
    ) -> None:
        """Follow a system that differs from the last one in some pixels.

        Parameters
        ----------
        system
            The whole system.
        changed
            (H * W) pixels whose excess, right-hand side or couplings differ; None for all.
        is_new
            Whether the number of right-hand sides differs, so that all must be read again.
        stop
            Polled between batches; after :class:`Cancelled`, call again with these pixels too.
        """
        if changed is None or not is_new:
            self._sweep(system, self._touched(changed), stop, forward_only=False)
            return
        for level in self.levels:
            for fronts in level:
                fronts.centre = None
        self._sweep(system, self._touched(None), stop, forward_only=True)
        self._sweep(system, self._touched(changed), stop, forward_only=False)

    def solve(self, stop: Stop) -> torch.Tensor:
        """x of each pixel, (H * W, K), of a whole picture."""
        pieces = []
        known = [self.like.new_zeros(1, 0, self._classes())]
        for level, below in zip(self.levels, [*self.levels[1:], []], strict=True):
            check(stop)
            deeper = [
                allocate((f.count, f.ring, known[0].shape[2]), f.lanes, self.like, torch.zeros)
                for f in below
            ]
            for fronts, ring in zip(level, known, strict=True):
                x = fronts.backward(ring)
                pieces.append((fronts.shape.start, x[:, : fronts.size]))
                for half in fronts.shape.halves:
                    into = deeper[half.shape][half.first : half.first + fronts.count]
                    for child, front, length in half.runs:
                        into[:, child : child + length] = x[:, front : front + length]
            known = deeper
        pieces.sort(key=lambda piece: piece[0])
        return torch.cat([x.flatten(0, 1) for _, x in pieces])[self.rank]

    @property
    def remainder(self) -> Remainder:
        """What the whole leaves on its ring, one node; the ring is empty unless it is a part."""
        kept = self.levels[0][0].kept
        assert kept is not None
        return kept

    def _classes(self) -> int:
        centre = self.levels[0][0].centre
        assert centre is not None
        return centre.shape[2]

    def _touched(self, changed: NDArray[np.bool_] | None) -> list[Nodes]:
        """Nodes of each level that a change reaches: those with a changed pixel at or below."""
        levels = self.plan.levels
        if changed is None:
            return [[self._numbers(np.arange(len(s.origins))) for s in level] for level in levels]
        own = np.sort(self.plan.rank[np.flatnonzero(changed)])
        marks = [[_own_marks(shape, own) for shape in level] for level in levels]
        for number in range(len(levels) - 2, -1, -1):
            for shape, mark in zip(levels[number], marks[number], strict=True):
                for half in shape.halves:
                    below = marks[number + 1][half.shape]
                    mark |= below[half.first : half.first + len(mark)]
        return [[self._numbers(np.flatnonzero(mark)) for mark in level] for level in marks]

    def _numbers(self, values: NDArray[np.int64]) -> torch.Tensor:
        return torch.as_tensor(values, device=self.like.device)

    def _sweep(
        self, system: System, touched: list[Nodes], stop: Stop, *, forward_only: bool
    ) -> None:
        """Eliminate the touched tiles, chunk by chunk, then the touched nodes above them."""
        for chunk in self._chunks(touched[self.tiles]):
            self._tiles(system, chunk, stop, forward_only)
        for number in range(self.tiles - 1, -1, -1):
            below = [fronts.kept for fronts in self.levels[number + 1]]
            tasks = [
                Task(
                    fronts,
                    nodes,
                    [rows(below[h.shape], nodes + h.first) for h in fronts.shape.halves],
                )
                for fronts, nodes in zip(self.levels[number], touched[number], strict=True)
                if nodes.shape[0]
            ]
            keep(tasks, work(tasks, system, stop, forward_only), forward_only)

    def _chunks(self, tiles: Nodes) -> list[Nodes]:
        """Tiles in portions that bound the memory for what is not kept."""
        area = max(int(np.prod(f.shape.region.size)) for f in self.levels[self.tiles])
        each = max(1, CHUNK // area)
        longest = max(len(nodes) for nodes in tiles)
        return [
            [nodes[start : start + each] for nodes in tiles] for start in range(0, longest, each)
        ]

    def _tiles(self, system: System, tiles: Nodes, stop: Stop, forward_only: bool) -> None:
        """Eliminate these tiles and all that is below them."""
        portions, firsts = self._subtrees(tiles)
        left: list[Remainder | None] = []
        for number in range(len(self.levels) - 1, self.tiles - 1, -1):
            tasks, places = [], []
            first = firsts[number - self.tiles]
            for index, (fronts, nodes) in enumerate(
                zip(self.levels[number], portions[number - self.tiles], strict=True)
            ):
                if nodes.shape[0]:
                    halves = [
                        rows(
                            left[half.shape],
                            slice(first[index, k], first[index, k] + nodes.shape[0]),
                        )
                        for k, half in enumerate(fronts.shape.halves)
                    ]
                    tasks.append(Task(fronts, nodes, halves))
                    places.append(index)
            done = work(tasks, system, stop, forward_only)
            if number == self.tiles:
                keep(tasks, done, forward_only)
            left = [None] * len(self.levels[number])
            for index, remainder in zip(places, done, strict=True):
                left[index] = remainder

    def _subtrees(self, tiles: Nodes) -> tuple[list[Nodes], list[dict[tuple[int, int], int]]]:
        """Nodes of each level below some tiles, and where each shape's halves begin among them."""
        portions, firsts = [tiles], []
        for number in range(self.tiles, len(self.levels)):
            first: dict[tuple[int, int], int] = {}
            deeper = len(self.levels[number + 1]) if number + 1 < len(self.levels) else 0
            blocks: list[list[torch.Tensor]] = [[] for _ in range(deeper)]
            # Shapes and halves in this order fill the deeper shapes in ascending node numbers.
            for index, (fronts, nodes) in enumerate(
                zip(self.levels[number], portions[-1], strict=True)
            ):
                for k, half in enumerate(fronts.shape.halves):
                    first[index, k] = sum(block.shape[0] for block in blocks[half.shape])
                    blocks[half.shape].append(nodes + half.first)
            firsts.append(first)
            if deeper:
                portions.append([torch.cat(block) for block in blocks])
        return portions, firsts


def work(tasks: list[Task], system: System, stop: Stop, forward_only: bool) -> list[Remainder]:
    """Eliminate the nodes of one level, or only take in their right-hand sides."""
    done = []
    if forward_only:
        for fronts, nodes, halves in tasks:
            check(stop)
            nothing = fronts.like.new_zeros(nodes.shape[0], 0, 0)
            done.append(Remainder(nothing, nothing, fronts.forward(system, nodes, halves)))
        return done
    assembled = []
    for fronts, nodes, halves in tasks:
        check(stop)
        assembled.append(fronts.assemble(system, nodes, halves))
    check(stop)
    inverses = pivot_inverses([r for r, _ in assembled], [e for _, e in assembled])
    for (fronts, nodes, halves), front, inverted in zip(tasks, assembled, inverses, strict=True):
        check(stop)
        left = fronts.eliminate(*front, inverted, nodes, halves)
        done.append(Remainder(*left, fronts.forward(system, nodes, halves)))
    return done


def keep(tasks: list[Task], done: list[Remainder], forward_only: bool) -> None:
    """Store what eliminated nodes left, for later updates."""
    for (fronts, nodes, _), left in zip(tasks, done, strict=True):
        coupling, excess, rhs = fronts.kept or (None, None, None)
        if rhs is not None and rhs.shape[2] != left.rhs.shape[2]:
            rhs = None
        if not forward_only:
            coupling = put(coupling, left.coupling, nodes, fronts.count)
            excess = put(excess, left.excess, nodes, fronts.count)
        assert coupling is not None
        assert excess is not None
        fronts.kept = Remainder(coupling, excess, put(rhs, left.rhs, nodes, fronts.count))


def rows(remainder: Remainder | None, nodes: torch.Tensor | slice) -> Remainder:
    """Part of a remainder."""
    assert remainder is not None
    if isinstance(nodes, torch.Tensor) and nodes.shape[0] == int(nodes[-1] - nodes[0]) + 1:
        nodes = slice(int(nodes[0]), int(nodes[-1]) + 1)
    coupling, excess, rhs = remainder
    return Remainder(
        coupling[nodes] if coupling.shape[0] else coupling,
        excess[nodes] if excess.shape[0] else excess,
        rhs[nodes],
    )


def _tile_level(levels: list[list[Fronts]]) -> int:
    """Deepest level whose remainders are kept."""
    deepest, total = 0, 0
    for number, level in enumerate(levels):
        total += sum(f.count * f.ring**2 * f.like.element_size() for f in level)
        if total > KEPT_BYTES or max(max(f.shape.region.size) for f in level) < TILE:
            break
        deepest = number
    return deepest


def _own_marks(shape: Shape, own: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Nodes of a shape that eliminate one of these places, ascending."""
    count, size = len(shape.origins), len(shape.pivots)
    first, end = np.searchsorted(own, (shape.start, shape.start + count * size))
    marks = np.zeros(count, bool)
    marks[(own[first:end] - shape.start) // size] = True
    return marks
