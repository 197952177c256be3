"""Threads that share the work on a factor, and can be asked to stop."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch

from ....errors import Cancelled
from ....stopping import check
from ...denormals import flushed_denormals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ....stopping import Stop
    from .scratch import Scratch

Task: TypeAlias = "Callable[[Scratch, NDArray[np.int64]], None]"
"""Some nodes' work, given memory of its own and a flag that asks it to stop."""

POLL = 0.02
"""Seconds between two questions whether to stop."""
SHORT_PIXELS = 450_000
"""Up to this many pixels a task ends within :data:`POLL`."""


class Team:
    """As many threads as there are pieces of ``memory``, for a picture of so many ``pixels``."""

    def __init__(self, memory: list[Scratch], pixels: int) -> None:
        self._memory: queue.LifoQueue[Scratch] = queue.LifoQueue()
        for piece in memory:
            self._memory.put(piece)
        self._count = len(memory)
        # Beside a busy window, each return from another thread waits for the interpreter's
        # lock: all of them together take longer than the work.
        self._is_here = self._count == 1 and pixels <= SHORT_PIXELS

    def run(self, tasks: list[Task], stop: Stop) -> None:
        """Do the tasks; at the latest after :data:`POLL`, ask whether to stop."""
        check(stop)
        flag = np.zeros(1, np.int64)
        if self._is_here:
            with flushed_denormals():
                for task in tasks:
                    check(stop)
                    self._do(task, flag)
            return
        futures = [_threads(self._count).submit(self._do, task, flag) for task in tasks]
        pending = True
        while pending:
            pending = bool(wait(futures, POLL).not_done)
            if pending and not flag[0] and stop():
                flag[0] = 1
        for future in futures:
            future.result()
        if flag[0]:
            raise Cancelled

    def _do(self, task: Task, flag: NDArray[np.int64]) -> None:
        memory = self._memory.get()
        try:
            task(memory, flag)
        finally:
            self._memory.put(memory)


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    """Threads that take denormal numbers for zero.

    Couplings fade out along a path, and a product with a denormal takes many times as long.
    """
    return ThreadPoolExecutor(
        count, "nested-dissection", initializer=torch.set_flush_denormal, initargs=(True,)
    )
