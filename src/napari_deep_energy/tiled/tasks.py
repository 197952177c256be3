"""Running dask tasks, here one after another or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ..clusters import as_they_end, connected
from ..errors import Cancelled
from ..extras import require
from ..minimisers.denormals import without_denormals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..minimisers import Stop

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with the number of steps that are done, and of all, and with what these are."""


def silent(done: int, total: int, unit: str) -> None:
    """A progress that is not shown."""


def run_tasks(tasks: list[Any], scheduler: str | None, stop: Stop, progress: Progress) -> None:
    """Run delayed tasks and all that they need, here or on a cluster."""
    if scheduler is None:
        _run_here(tasks, stop, progress)
        return
    with connected(scheduler) as client:
        for done, (_, future) in enumerate(as_they_end(client, tasks, stop), 1):
            future.result()  # raises what the step raised
            progress(done, len(tasks), "tiles done")


def _run_here(tasks: list[Any], stop: Stop, progress: Progress) -> None:
    """One step after another, since each keeps all cores busy."""
    dask = require("dask", "a tiled run")

    def compute() -> None:
        with counted(stop, progress, "steps done"):
            dask.compute(*tasks, scheduler="synchronous", optimize_graph=False)

    without_denormals(compute)


@contextmanager
def counted(stop: Stop, progress: Progress, unit: str) -> Iterator[None]:
    """Within, what dask computes in this process can be watched and stopped.

    No thread of its works on at the end: a folder can be removed then.
    """
    dask = require("dask", "a tiled run")
    callbacks = require("dask.callbacks", "a tiled run")

    def before(key: Any, graph: Any, state: Any) -> None:
        if stop():
            raise Cancelled

    def after(key: Any, result: Any, graph: Any, state: Any, worker: Any) -> None:
        done = len(state["finished"])
        rest = sum(len(state[kind]) for kind in ("waiting", "ready", "running"))
        progress(done, done + rest, unit)

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        dask.config.set(pool=pool),
        callbacks.Callback(pretask=before, posttask=after),
    ):
        yield
