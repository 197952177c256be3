"""The factor of one picture by compiled kernels: the same tree as :class:`..factor.Factor`."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from ....errors import Cancelled
from ....stopping import check, never
from ....strips import strips
from ...denormals import flushed_denormals
from ..fronts import Remainder
from ..plan import make_plan
from ..system import System
from . import trees
from .building import make_program
from .layout import rows_of
from .program import Node
from .scratch import FRONT, lines, scratch_of, tile_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ....stopping import Stop
    from ..plan import Plan
    from .scratch import Scratch

Task: TypeAlias = "Callable[[Scratch, NDArray[np.int64]], None]"
"""Some nodes' work, given memory of its own and a flag that asks it to stop."""

POLL = 0.02
"""Seconds between two questions whether to stop."""
SHARES = 4
"""Shares a thread that the nodes of a level are dealt out in."""
SHORT_PIXELS = 600_000
"""Up to this many pixels a task ends within :data:`POLL`."""


class Factor:
    """Factor of the system of one picture, and what it has taken in."""

    def __init__(self, plan: Plan, like: torch.Tensor) -> None:
        self.plan, self.like = plan, like
        self.dtype = np.dtype(np.float32 if like.dtype == torch.float32 else np.float64)
        self.program = program = make_program(plan)
        measures = [program.pitch, program.plane, plan.reach, len(plan.offsets)]
        self.tree = (program.numbers, program.fronts, program.nodes, np.array(measures))
        tiles = tile_tables(program)
        self.blocks = [(*tiles, block.tiles, block.nodes) for block in program.blocks]
        self.factor = lines(program.factor, self.dtype)
        self.kept = lines(program.left, self.dtype)
        self.kept_rhs = np.zeros((0, 0), self.dtype)
        self.centre = np.zeros((0, 0), self.dtype)
        self.threads = max(1, torch.get_num_threads())
        self.scratch: queue.LifoQueue[Scratch] = queue.LifoQueue()
        for _ in range(self.threads):
            self.scratch.put(scratch_of(program, self.dtype, len(plan.offsets)))

    def take_in(
        self, system: System, changed: NDArray[np.bool_] | None, is_new: bool, stop: Stop
    ) -> None:
        """Follow a system that differs from the last one; see :class:`..factor.Factor`."""
        classes = system.rhs.shape[1]
        if self.centre.shape[0] != classes:
            self.centre = np.zeros((classes, self.program.centre), self.dtype)
            self.kept_rhs = np.zeros((classes, self.program.rhs), self.dtype)
            is_new = True
        check(stop)
        touched = self._touched(changed)
        moved = np.ones_like(touched) if is_new else touched
        check(stop)
        couplings = np.ascontiguousarray(system.couplings.numpy())
        own = couplings, self._padded(system.excess, stop)[0]
        rhs = self._padded(system.rhs, stop)
        for level in range(len(self.program.levels) - 1, -1, -1):
            first, end = self.program.levels[level]
            eliminate = first + np.flatnonzero(touched[first:end])
            forward = first + np.flatnonzero(moved[first:end])
            if level == len(self.program.levels) - 1:
                self._take_in_blocks(eliminate, forward, own, rhs, stop)
            else:
                self._take_in_tops(eliminate, forward, own, rhs, stop)

    def _take_in_blocks(
        self,
        eliminate: NDArray[np.int64],
        forward: NDArray[np.int64],
        own: tuple[NDArray[Any], ...],
        rhs: NDArray[Any],
        stop: Stop,
    ) -> None:
        def eliminated(kind: int, ids: NDArray[np.int64]) -> Task:
            program, ways = self.blocks[kind], (self.factor, self.kept)
            return lambda memory, flag: trees.eliminate_blocks(
                ids, flag, self.tree, program, own, *ways, memory
            )

        def forwarded(kind: int, ids: NDArray[np.int64]) -> Task:
            program, ways = self.blocks[kind], (self.factor, self.centre, self.kept_rhs)
            return lambda memory, flag: trees.forward_blocks(
                ids, flag, self.tree, program, rhs, *ways, memory
            )

        self._run([eliminated(*share) for share in self._shares_of_blocks(eliminate)], stop)
        self._run([forwarded(*share) for share in self._shares_of_blocks(forward)], stop)

    def _take_in_tops(
        self,
        eliminate: NDArray[np.int64],
        forward: NDArray[np.int64],
        own: tuple[NDArray[Any], ...],
        rhs: NDArray[Any],
        stop: Stop,
    ) -> None:
        def eliminated(ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.eliminate_tops(
                ids, flag, self.tree, own, self.factor, self.kept, memory[FRONT]
            )

        def ring(ids: NDArray[np.int64], part: int) -> Task:
            return lambda _, flag: trees.rings_of_tops(
                ids, flag, self.tree, self.factor, self.kept, part, parts
            )

        def forwarded(ids: NDArray[np.int64]) -> Task:
            ways = self.factor, self.centre, self.kept_rhs
            return lambda memory, flag: trees.forward_tops(
                ids, flag, self.tree, rhs, *ways, memory[FRONT]
            )

        # Of few nodes, each is worked on by all threads.
        parts = self.threads if len(eliminate) < 2 * self.threads else 1
        shares = self._shares(eliminate)
        self._run([eliminated(ids) for ids in shares], stop)
        self._run([ring(ids, part) for ids in shares for part in range(parts)], stop)
        self._run([forwarded(ids) for ids in self._shares(forward)], stop)

    @property
    def remainder(self) -> Remainder:
        """What the whole leaves on its ring, one node; the ring is empty unless it is a part."""
        ring = len(self.plan.levels[0][0].ring)
        starts, square = rows_of(ring)
        left, rhs = (int(self.program.nodes[0, column]) for column in (Node.LEFT, Node.RHS))
        coupling = np.zeros((ring, ring), self.dtype)
        for row, start in enumerate(left + starts[:ring]):
            coupling[row, row + 1 :] = self.kept[start + row + 1 : start + ring]
        coupling += coupling.T
        excess = self.kept[left + square :][:ring, None].copy()
        columns = self.kept_rhs[:, rhs : rhs + ring].T.copy()
        return Remainder(*(torch.from_numpy(part)[None] for part in (coupling, excess, columns)))

    def solve(self, stop: Stop) -> torch.Tensor:
        """x of each pixel, (H * W, K), of a whole picture."""
        program, reach, (height, width) = self.program, self.plan.reach, self.plan.size
        x = np.zeros((self.centre.shape[0], program.plane), self.dtype)

        def tops(ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.backward_tops(
                ids, flag, self.tree, x, self.factor, self.centre, memory[FRONT]
            )

        def blocks(kind: int, ids: NDArray[np.int64]) -> Task:
            return lambda memory, flag: trees.backward_blocks(
                ids, flag, self.tree, self.blocks[kind], x, self.factor, self.centre, memory
            )

        for first, end in program.levels[:-1]:
            self._run([tops(ids) for ids in self._shares(np.arange(first, end))], stop)
        shares = self._shares_of_blocks(np.arange(*program.levels[-1]))
        self._run([blocks(*share) for share in shares], stop)
        image = x.reshape(len(x), -1, program.pitch)
        inner = image[:, reach : reach + height, reach : reach + width]
        result = np.empty(inner.shape, self.dtype)
        for rows in strips((height, width), self.like.device, stop, len(x)):
            result[:, rows] = inner[:, rows]
        return torch.from_numpy(result.reshape(len(x), -1)).T

    def _touched(self, changed: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """Nodes that a change reaches: those with a changed pixel at or below."""
        program = self.program
        if changed is None:
            return np.ones(len(program.nodes), bool)
        touched = np.zeros(len(program.nodes), bool)
        touched[program.owner[np.flatnonzero(changed)]] = True
        for first, end in program.levels[:0:-1]:
            touched[program.parent[first + np.flatnonzero(touched[first:end])]] = True
        return touched

    def _shares(self, ids: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        count = min(len(ids), SHARES * self.threads)
        return [np.ascontiguousarray(part) for part in np.array_split(ids, count)] if count else []

    def _shares_of_blocks(self, ids: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
        kinds = self.program.kind[ids]
        return [
            (kind, share)
            for kind in range(len(self.blocks))
            for share in self._shares(ids[kinds == kind])
        ]

    def _padded(self, columns: torch.Tensor, stop: Stop) -> NDArray[Any]:
        """(H * W, K) as (K, plane), with a margin of zeros."""
        (height, width), reach = self.plan.size, self.plan.reach
        image = np.zeros((columns.shape[1], height + 2 * reach, self.program.pitch), self.dtype)
        inner = image[:, reach : reach + height, reach : reach + width]
        given = columns.T.reshape(-1, height, width).numpy()
        for rows in strips((height, width), self.like.device, stop, len(image)):
            inner[:, rows] = given[:, rows]
        return image.reshape(len(image), -1)

    def _run(self, tasks: list[Task], stop: Stop) -> None:
        """Do the tasks in threads; at the latest after :data:`POLL`, ask whether to stop."""
        check(stop)
        flag = np.zeros(1, np.int64)
        if self.threads == 1 and self.program.plane <= SHORT_PIXELS:
            # Beside a busy window, each return from another thread waits for the interpreter's
            # lock: all of them together take longer than the work.
            self._run_here(tasks, flag, stop)
            return

        def work(task: Task) -> None:
            scratch = self.scratch.get()
            try:
                task(scratch, flag)
            finally:
                self.scratch.put(scratch)

        futures = [_threads(self.threads).submit(work, task) for task in tasks]
        pending = True
        while pending:
            pending = bool(wait(futures, POLL).not_done)
            if pending and not flag[0] and stop():
                flag[0] = 1
        for future in futures:
            future.result()
        if flag[0]:
            raise Cancelled

    def _run_here(self, tasks: list[Task], flag: NDArray[np.int64], stop: Stop) -> None:
        scratch = self.scratch.get()
        try:
            with flushed_denormals():
                for task in tasks:
                    check(stop)
                    task(scratch, flag)
        finally:
            self.scratch.put(scratch)


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    """Threads that take denormal numbers for zero.

    Couplings fade out along a path, and a product with a denormal takes many times as long.
    """
    return ThreadPoolExecutor(
        count, "nested-dissection", initializer=torch.set_flush_denormal, initargs=(True,)
    )


def rehearse(dtype: torch.dtype) -> None:
    """Run every kernel once, so that it is compiled for numbers of this type."""
    offsets, side = ((0, 0), (1, 0), (0, 1)), 160
    factor = Factor(make_plan((side, side), offsets), torch.zeros(0, dtype=dtype))
    couplings = torch.zeros(len(offsets) * factor.program.plane, dtype=dtype)
    column = torch.ones(side * side, 1, dtype=dtype)
    factor.take_in(System(couplings, column, column), None, True, never)
    assert torch.equal(factor.solve(never), column)
