"""A folder of pictures answered with the settings on view: as work for a thread.

Nothing here knows Qt or napari, and torch is imported when the first job runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .choices import spec_of
from .torch_import import import_solver

if TYPE_CHECKING:
    from pathlib import Path

    from ..batch import Record
    from ..stopping import Stop
    from .choices import Choices
    from .worker import Report


@dataclass(frozen=True)
class BatchRequest:
    """What was asked for when Start was pressed."""

    folder: Path
    output: Path
    strokes: Path | None
    """None: each picture's strokes lie beside it."""
    rule: str | None
    """Strokes for pictures that have none."""
    formats: tuple[str, ...]
    choices: Choices


@dataclass(frozen=True)
class Step:
    """How far the run has come."""

    done: int
    total: int
    record: Record | None
    """Of the picture that has just ended; None before the first."""


@dataclass(frozen=True)
class Summary:
    """What became of the pictures."""

    done: int
    kept: int
    """Done by an earlier run, from the same files with the same settings."""
    failed: int


def run(request: BatchRequest, report: Report, stop: Stop) -> Summary:
    """Answer every picture; a :class:`Step` is reported for each.

    What is done stays done, and has a report, however the run ends.

    Raises
    ------
    InvalidInput
        In words fit for the user.
    Cancelled
        If ``stop`` returned true.
    """
    import_solver()
    from ..batch import Batch, Status, find_pairs, make_jobs, run_batch, write_batch_report

    choices = request.choices
    # One result a picture: of both engines the exact one.
    engine: Any = "auto" if choices.engine == "both" else choices.engine
    settings = spec_of(choices), engine, choices.model, choices.device, request.rule
    batch = Batch(*settings, formats=request.formats)
    jobs = make_jobs(find_pairs(request.folder, request.strokes), request.output, batch)
    records: list[Record] = []
    report(Step(0, len(jobs), None))
    try:
        for record in run_batch(jobs, stop=stop):
            records.append(record)
            report(Step(len(records), len(jobs), record))
    finally:
        if records:
            write_batch_report(request.output, records)
    count = [record.status for record in records].count
    return Summary(count(Status.DONE), count(Status.KEPT), count(Status.FAILED))
