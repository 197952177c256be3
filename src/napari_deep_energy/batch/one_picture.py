"""One picture of a batch, from its files to its results; an error becomes a record, not a stop."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from ..errors import Cancelled, InvalidInput
from ..files import write_report
from ..folders import replacing_folder
from ..interactive import InteractiveSolver
from ..outputs import write_outputs, write_pictures, write_stack
from ..stopping import Stop, never
from .jobs import RECORD, Record, Status
from .reading import read_inputs
from .stack import StackSolution, solve_stack

if TYPE_CHECKING:
    from ..minimisers import Solution
    from .jobs import Job

logger = logging.getLogger(__name__)


def do_job(job: Job, stop: Stop = never) -> Record:
    """Do one job, unless an earlier run did; never raises because of a picture.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.

    The folder of results appears whole, with its record inside: a worker may die at any moment
    and the job be done again by another.
    """
    start = time.perf_counter()
    try:
        return job.finished() or _do(job, start, stop)
    except Cancelled:
        raise
    except InvalidInput as error:
        return failure(job, str(error), time.perf_counter() - start)
    except Exception as error:  # the worker's boundary: the rest of the folder must go on
        logger.exception("%s failed", job.pair.image)
        reason = f"{type(error).__name__}: {error}"
        return failure(job, reason, time.perf_counter() - start)


def failure(job: Job, reason: str, seconds: float = 0.0) -> Record:
    """Record of a picture that failed."""
    name, image = job.pair.name, str(job.pair.image)
    return Record(name, image, Status.FAILED, reason=reason, seconds=seconds)


def _do(job: Job, start: float, stop: Stop) -> Record:
    batch = job.batch
    fingerprint = job.fingerprint()  # of the files as they are before they are read
    inputs = read_inputs(job)
    solution: Solution | StackSolution
    if inputs.strokes.ndim == 3:
        solution = solve_stack(inputs, batch, stop)
    else:
        shape = inputs.strokes.shape
        solver = InteractiveSolver(inputs.image, shape, batch.spec, batch.model, batch.device)
        (solution,) = solver.solve(inputs.strokes, batch.engine, stop).values()
    with replacing_folder(job.output) as draft:
        if isinstance(solution, StackSolution):
            write_stack(draft, solution.values, inputs, batch.spec.task, batch.formats)
        else:
            write_outputs(draft, inputs, solution, batch.spec, batch.formats)
            if "png" in batch.formats:
                write_pictures(draft, inputs, solution, batch.spec.task)
        record = Record(
            job.pair.name,
            str(job.pair.image),
            Status.DONE,
            engine=solution.engine,
            outcome=str(solution.outcome),
            energy=solution.energy,
            seconds=time.perf_counter() - start,
        )
        write_report(draft / RECORD, record.to_dict() | {"fingerprint": fingerprint})
    return record
