"""One picture of a batch, from its files to its results; an error becomes a record, not a stop."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import Cancelled, InvalidInput
from ..files import read_image, read_strokes, write_report
from ..folders import replacing_folder
from ..images import channels_first, without_alpha
from ..interactive import InteractiveSolver
from ..minimisers import Stop, never
from ..ome import read_ome_zarr
from ..seeds import is_trimap, labels_from_trimap
from .jobs import RECORD, Record, Status
from .outputs import write_outputs
from .rules import seeds_by_rule

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .jobs import Batch, Job

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
    image, strokes = _inputs(job)
    solver = InteractiveSolver(image, strokes.shape, batch.spec, batch.model, batch.device)
    (solution,) = solver.solve(strokes, batch.engine, stop).values()
    with replacing_folder(job.output) as draft:
        write_outputs(draft, image, strokes, solution, batch.spec, batch.formats)
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


def _inputs(job: Job) -> tuple[NDArray[Any], NDArray[Any]]:
    """Picture and strokes (H, W) of a job."""
    image = _read_picture(job.pair.image)
    if job.pair.strokes is not None:
        strokes = read_strokes(job.pair.strokes)
        channels_first(image, strokes.shape)
        return image, _labels(strokes, job.batch, job.pair.strokes)
    if job.batch.rule is None:
        raise InvalidInput(
            f"{job.pair.image.name} has no strokes; paint {job.pair.name}.strokes.png, give a "
            "folder of strokes, or choose a seed rule."
        )
    is_planes = image.ndim == 3 and job.pair.image.is_dir()  # OME-Zarr has channels first
    spatial = image.shape[-2:] if is_planes else image.shape[:2]
    return image, seeds_by_rule(job.batch.rule, image, (spatial[0], spatial[1]))


def _labels(strokes: NDArray[Any], batch: Batch, path: Path) -> NDArray[Any]:
    if not is_trimap(strokes):
        return strokes
    if batch.spec.task != "matte":
        raise InvalidInput(
            f"{path.name} reaches 255 like a trimap; to segment, paint labels 1, 2, ..."
        )
    return labels_from_trimap(strokes)


def _read_picture(path: Path) -> NDArray[Any]:
    if not path.is_dir():
        return read_image(path)
    picture = np.squeeze(np.asarray(read_ome_zarr(path).levels[0]))
    if picture.ndim not in (2, 3):
        raise InvalidInput(f"{path.name} has shape {picture.shape}; give (H, W) or (C, H, W).")
    return without_alpha(picture)
