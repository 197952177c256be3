"""Running dask tasks, here one after another or on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..clusters import as_they_end, connected
from ..errors import Cancelled
from ..extras import require
from ..minimisers.denormals import without_denormals

if TYPE_CHECKING:
    from ..minimisers import Stop

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of steps that are done, and of all."""


def silent(done: int, total: int) -> None:
    """A progress that is not shown."""


def run_tasks(tasks: list[Any], scheduler: str | None, stop: Stop, progress: Progress) -> None:
    """Run delayed tasks and all that they need, here or on a cluster."""
    if scheduler is None:
        _run_here(tasks, stop, progress)
        return
    with connected(scheduler) as client:
        for done, (_, future) in enumerate(as_they_end(client, tasks, stop), 1):
            future.result()  # raises what the step raised
            progress(done, len(tasks))


def _run_here(tasks: list[Any], stop: Stop, progress: Progress) -> None:
    """One step after another, since each keeps all cores busy."""
    dask = require("dask", "a tiled run")
    callbacks = require("dask.callbacks", "a tiled run")

    def before(key: Any, graph: Any, state: Any) -> None:
        if stop():
            raise Cancelled
        done = len(state["finished"])
        progress(done, done + len(state["waiting"]) + len(state["ready"]) + 1)

    def compute() -> None:
        with callbacks.Callback(pretask=before):
            dask.compute(*tasks, scheduler="synchronous", optimize_graph=False)

    without_denormals(compute)
    progress(1, 1)
