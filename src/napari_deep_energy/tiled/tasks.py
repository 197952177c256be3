"""Running dask tasks, here one after another or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ..clusters import as_they_end, connected
from ..extras import require
from ..minimisers.denormals import without_denormals
from ..stopping import check

if TYPE_CHECKING:
    from ..stopping import Stop

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
    without_denormals(partial(compute_here, tasks, stop, progress, "steps done", in_order=True))


def compute_here(
    tasks: list[Any], stop: Stop, progress: Progress, unit: str, *, in_order: bool = False
) -> None:
    """Compute dask tasks in this process, watched, and stopped between two steps.

    Nothing is set for dask as a whole: its settings are those of all threads, the window's too.
    No thread of its works on at the end: a folder can be removed then.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.
    """
    dask = require("dask", "a tiled run")

    def before(key: Any, graph: Any, state: Any) -> None:
        check(stop)

    def after(key: Any, result: Any, graph: Any, state: Any, worker: Any) -> None:
        done = len(state["finished"])
        rest = sum(len(state[kind]) for kind in ("waiting", "ready", "running"))
        progress(done, done + rest, unit)

    watch = {"callbacks": [(None, None, before, after, None)]}
    if in_order:
        dask.compute(*tasks, scheduler="synchronous", optimize_graph=False, **watch)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        dask.compute(*tasks, scheduler="threads", pool=pool, **watch)
