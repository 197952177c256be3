"""The factor of one picture by compiled kernels: the same tree as :class:`..factor.Factor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ....stopping import check
from ..fronts import Remainder
from . import steps, trees
from .building import make_program
from .frame import Frame
from .layout import unpacked
from .order import SHARES, in_order, owners_of, shares, shares_of_blocks, touched_by
from .program import Front, Node
from .scratch import FRONT, front_of, lines, scratch_of, tile_tables
from .team import Team
from .view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ....stopping import Stop
    from ..plan import Plan
    from ..system import System
    from .scratch import Scratch
    from .team import Task
    from .view import Turned

SHARED = 300
"""Pivots from which on the threads share the steps of a front, where there are few."""


class Factor:
    """Factor of the system of one picture, and what it has taken in."""

    def __init__(self, plan: Plan, like: torch.Tensor) -> None:
        self.plan, self.like = plan, like
        self.dtype = np.dtype(np.float32 if like.dtype == torch.float32 else np.float64)
        self.program = program = make_program(plan)
        measures = [program.plane, len(plan.offsets)]
        self.tree = (program.numbers, program.fronts, program.nodes, np.array(measures))
        tiles = tile_tables(program)
        self.blocks = [(*tiles, block.tiles, block.nodes) for block in program.blocks]
        self.frame = Frame(plan.size, plan.margin, program.pitch, self.dtype)
        self.factor = lines(program.factor, self.dtype)
        self.view = View(plan, program, self.dtype)
        self.kept = lines(self.view.left, self.dtype)
        self.kept_rhs = np.zeros((0, 0), self.dtype)
        self.centre = np.zeros((0, 0), self.dtype)
        self.threads = max(1, torch.get_num_threads())
        memory = [scratch_of(program, self.dtype, len(plan.offsets)) for _ in range(self.threads)]
        self.team = Team(memory, int(np.prod(plan.size)))
        self.front = front_of(program, self.dtype)

    def take_in(
        self, system: System, changed: NDArray[np.bool_] | None, is_new: bool, stop: Stop
    ) -> None:
        """Follow a system that differs from the last one; see :class:`..factor.Factor`.

        Couplings are read only if a pixel has ``changed``, if the call before ended early, or after
        :meth:`turn_to`.
        """
        view = self.view
        is_new |= self._hold(system.rhs.shape[1])
        check(stop)
        owners = owners_of(self.program, changed)
        touched = touched_by(self.program, owners)
        check(stop)
        own, rhs = self._equations(system, stop)
        view.follow(owners)
        if touched.any():  # until all is done: a call that ends before has to be done again
            view.is_whole, view.stale = False, view.stale | touched
        if is_new:
            view.stale[view.above] = True
        self._renew(own, rhs, is_new, stop)
        if not view.path:
            view.is_whole = True
            return
        rim = view.rim or view.rim_of(view.path[-1], len(rhs))
        is_due = view.rim is None or bool(touched.any())
        if is_due:
            view.rim = None
            self._eliminate_together(rim, own, stop)
        if is_due or is_new:
            self.team.run([rim.forward(rhs, self.kept_rhs)], stop)
        view.rim, view.is_whole = rim, True

    def turn_to(self, pixel: int) -> bool:
        """See the tree from around a pixel; whether :meth:`catch_up` has something to do then.

        Changes of a pixel that only the root is around wait for the same from everywhere.
        """
        if not self.view.turn_to(int(self.program.owner[pixel])):
            return False
        return bool(self.view.missing() or self.view.due.any())

    def turn_back(self) -> None:
        """See the tree from its root, and let go of the memory that it takes not to."""
        self.view.forget()

    def catch_up(self, system: System, stop: Stop) -> None:
        """Do all that changes around that pixel would wait for.

        ``system`` is the one that was taken in last, or was begun to be, with its right-hand sides
        to follow. :meth:`take_in` comes before :meth:`solve`.
        """
        self._hold(system.rhs.shape[1])
        self._renew(*self._equations(system, stop), is_new=False, stop=stop)

    def _hold(self, classes: int) -> bool:
        """Hold so many right-hand sides; whether it was another number."""
        if len(self.centre) == classes:
            return False
        self.centre = np.zeros((classes, self.program.centre), self.dtype)
        self.kept_rhs = np.zeros((classes, self.view.rhs), self.dtype)
        for turned in self.view.fronts:
            turned.centre = np.zeros((classes, turned.centre.shape[1]), self.dtype)
        return True

    def _equations(
        self, system: System, stop: Stop
    ) -> tuple[tuple[NDArray[Any], ...], NDArray[Any]]:
        """Couplings and excess of the pixels, with a margin around them, and right-hand sides."""
        couplings = np.ascontiguousarray(system.couplings.numpy())
        # Pixels that are not there have no couplings; each is an equation of its own, 1 x = 0.
        excess = self.frame.planes(1, 1, stop, system.excess)[0]
        rhs = self.frame.planes(system.rhs.shape[1], 0, stop, system.rhs)
        return (couplings, excess), rhs

    def _renew(
        self, own: tuple[NDArray[Any], ...], rhs: NDArray[Any], is_new: bool, stop: Stop
    ) -> None:
        """Bring up to date all but the ring of the node that the tree is seen from."""
        view = self.view
        due = view.due
        self._eliminate(due, own, stop)
        moved = due | is_new
        moved[view.above] = False
        self._forward(moved, rhs, stop)
        view.stale[due] = False
        if is_new:
            for turned in view.outside:
                self.team.run([turned.forward(rhs, self.kept_rhs)], stop)
        for node in view.missing():
            turned = view.outside_of(node, len(rhs))
            self._eliminate_together(turned, own, stop)
            self.team.run([turned.forward(rhs, self.kept_rhs)], stop)
            view.outside.append(turned)

    def _eliminate(
        self, touched: NDArray[np.bool_], own: tuple[NDArray[Any], ...], stop: Stop
    ) -> None:
        """Eliminate the touched nodes: many of them subtree by subtree, the others level by level.

        What a node leaves is still in the processor's cache then when its parent takes it in.
        """
        levels = self.program.levels
        highest = len(levels) - 1
        for level, (first, end) in enumerate(levels[:-1]):
            roots = first + np.flatnonzero(touched[first:end])
            # Where others take the place of nodes, not all of the subtrees have a root.
            if level >= len(self.view.path) and len(roots) >= 2 * SHARES * self.threads:
                self.team.run(
                    [self._subtree(int(root), level, touched, own) for root in roots], stop
                )
                highest = level - 1
                break
        for level in range(highest, -1, -1):
            first, end = levels[level]
            ids = first + np.flatnonzero(touched[first:end])
            if level == len(levels) - 1:
                dealt = shares_of_blocks(self.program, self.threads, ids)
                self.team.run([self._blocks(*share, own) for share in dealt], stop)
                continue
            shapes = self.program.nodes[ids, Node.SHAPE]
            is_large = self.program.fronts[shapes, Front.PADDED_PIVOTS] >= SHARED
            together = (is_large & (len(ids) < 2 * self.threads)) | (len(ids) == 1)
            for node in ids[together]:
                self._eliminate_together(int(node), own, stop)
            self.team.run(
                [self._tops(share, own) for share in shares(self.threads, ids[~together])], stop
            )

    def _subtree(
        self, root: int, level: int, touched: NDArray[np.bool_], own: tuple[NDArray[Any], ...]
    ) -> Task:
        """Eliminate the touched nodes of a subtree."""
        pixels = int(np.prod(self.plan.size)) >> level
        tasks = [
            self._blocks(kind, ids, own) if kind >= 0 else self._tops(ids, own)
            for kind, ids in in_order(
                self.program, np.array([root], np.int64), level, touched, pixels
            )
        ]

        def work(memory: Scratch, flag: NDArray[np.int64]) -> None:
            for task in tasks:
                task(memory, flag)

        return work

    def _blocks(self, kind: int, ids: NDArray[np.int64], own: tuple[NDArray[Any], ...]) -> Task:
        program, ways = self.blocks[kind], (self.factor, self.kept)
        return lambda memory, flag: trees.eliminate_blocks(
            ids, flag, self.tree, program, own, *ways, memory
        )

    def _tops(self, ids: NDArray[np.int64], own: tuple[NDArray[Any], ...]) -> Task:
        ways = self.factor, self.kept
        return lambda memory, flag: trees.eliminate_tops(
            ids, flag, self.tree, own, *ways, memory[FRONT]
        )

    def _eliminate_together(
        self, top: int | Turned, own: tuple[NDArray[Any], ...], stop: Stop
    ) -> None:
        """Eliminate a front above the blocks by all threads."""
        if isinstance(top, int):
            node, tree, ways = top, self.tree, (self.factor, self.kept, self.front)
        else:
            node, tree, ways = 0, top.tree, (top.factor, self.kept, top.front)

        def task(first: int, end: int, part: int, parts: int) -> Task:
            return lambda _, flag: trees.eliminate_together(
                node, flag, tree, own, *ways, (first, end), (part, parts)
            )

        record = tree[1][tree[2][node, Node.SHAPE]]
        end = steps.steps_of(record)
        # To start the threads for the steps of a small front takes longer than they do.
        alone = end - 1 if record[Front.PADDED_PIVOTS] < SHARED else 0
        if self.threads == 1:
            alone = end
        if alone:
            self.team.run([task(0, alone, 0, 1)], stop)
        for step in range(alone, end):
            parts = self.threads if steps.is_shared(step) else 1
            self.team.run([task(step, step + 1, part, parts) for part in range(parts)], stop)

    def _forward(self, moved: NDArray[np.bool_], rhs: NDArray[Any], stop: Stop) -> None:
        """Take in the right-hand sides of the moved nodes, which are eliminated."""
        ways = self.factor, self.centre, self.kept_rhs

        def blocks(kind: int, ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.forward_blocks(
                ids, flag, self.tree, self.blocks[kind], rhs, *ways, memory
            )

        def tops(ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.forward_tops(
                ids, flag, self.tree, rhs, *ways, memory[FRONT]
            )

        levels = self.program.levels
        for first, end in levels[::-1]:
            ids = first + np.flatnonzero(moved[first:end])
            if (first, end) == levels[-1]:
                dealt = shares_of_blocks(self.program, self.threads, ids)
                self.team.run([blocks(*share) for share in dealt], stop)
            else:
                self.team.run([tops(share) for share in shares(self.threads, ids)], stop)

    @property
    def remainder(self) -> Remainder:
        """What the whole leaves on its ring, one node; the ring is empty unless it is a part."""
        ring = len(self.plan.levels[0][0].ring)
        shape = self.program.nodes[0, Node.SHAPE]
        around = int(self.program.fronts[shape, Front.PADDED_RING])
        left, rhs = (int(self.program.nodes[0, column]) for column in (Node.LEFT, Node.RHS))
        coupling, excess = unpacked(self.kept[left:], ring, around)
        columns = self.kept_rhs[:, rhs : rhs + ring].T.copy()
        return Remainder(*(torch.from_numpy(part)[None] for part in (coupling, excess, columns)))

    def solve(self, stop: Stop) -> torch.Tensor:
        """x of each pixel, (H * W, K), of a whole picture."""
        x = self.frame.planes(len(self.centre), 0, stop)

        def tops(ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.backward_tops(
                ids, flag, self.tree, x, self.factor, self.centre, memory[FRONT]
            )

        def blocks(kind: int, ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.backward_blocks(
                ids, flag, self.tree, self.blocks[kind], x, self.factor, self.centre, memory
            )

        for turned in reversed(self.view.fronts):
            self.team.run([turned.backward(x)], stop)
        *levels, blocks_level = self.program.levels
        for first, end in levels:
            ids = np.setdiff1d(np.arange(first, end), self.view.above)
            self.team.run([tops(share) for share in shares(self.threads, ids)], stop)
        dealt = shares_of_blocks(self.program, self.threads, np.arange(*blocks_level))
        self.team.run([blocks(*share) for share in dealt], stop)
        return self.frame.columns(x, stop)
