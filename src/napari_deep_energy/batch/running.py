"""The graph of a batch, run on this machine or by a dask.distributed cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .. import kernels
from ..clusters import as_they_end, connected
from ..extras import require
from ..folders import remove_drafts
from ..stopping import Stop, check, never
from .one_picture import do_job, failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .jobs import Job, Record


def run_batch(
    jobs: Sequence[Job], scheduler: str | None = None, stop: Stop = never
) -> Iterator[Record]:
    """Do every job, and yield one record for each as it ends.

    The graph has one task a picture. On this machine they run one after another, since a single
    picture already keeps all cores busy; on a cluster each worker takes the next one.

    Parameters
    ----------
    jobs
        From :func:`make_jobs`; on a cluster, their paths must be valid on every worker.
    scheduler
        Address of a dask.distributed scheduler (``"tcp://host:8786"``); None is this machine.
    stop
        Polled between pictures, while one is solved here, and while waiting; true raises
        :class:`Cancelled`. What is done stays done, and the next run goes on from there.

    Raises
    ------
    InvalidInput
        If dask is missing or the scheduler does not answer.
    Cancelled
        If ``stop`` returned true.
    """
    dask = require("dask", "a batch")
    one = dask.delayed(do_job, pure=False)
    run = uuid4().hex  # a key that another run on this cluster had would bring that run's result
    # Here a picture can be stopped midway; on a cluster it is, when its worker is told to.
    own = () if scheduler is not None else (stop,)
    tasks = [one(job, *own, dask_key_name=f"picture-{run}-{n}") for n, job in enumerate(jobs)]
    if scheduler is None:
        kernels.start()  # many pictures will follow
        yield from _here(tasks, stop)
    else:
        yield from _on_cluster(jobs, tasks, scheduler, stop)
    for folder in {job.output.parent for job in jobs}:
        remove_drafts(folder)


def _here(tasks: Sequence[Any], stop: Stop) -> Iterator[Record]:
    for task in tasks:
        check(stop)
        yield task.compute(scheduler="synchronous")


def _on_cluster(
    jobs: Sequence[Job], tasks: Sequence[Any], address: str, stop: Stop
) -> Iterator[Record]:
    with connected(address) as client:
        for number, future in as_they_end(client, tasks, stop):
            yield _record(future, jobs[number])


def _record(future: Any, job: Job) -> Record:
    """Record of a future that ended; a worker that died too often is a failure of its picture."""
    if future.status == "finished":
        record: Record = future.result()
        return record
    error = future.exception() if future.status == "error" else None
    reason = f"{type(error).__name__}: {error}" if error else f"the cluster {future.status} it"
    return failure(job, reason)
