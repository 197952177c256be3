"""What a batch is asked to do, and what became of each picture: plain values that can travel."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..energy import EnergySpec, spec_to_dict
from ..errors import InvalidInput
from ..networks import load_model
from .rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..interactive import Engine
    from .finding import Pair

FORMATS = ("png", "tiff", "ome-zarr")
RECORD = "record.json"
"""File in a picture's folder of results that tells what they were made from."""


@dataclass(frozen=True)
class Batch:
    """What is asked of every picture."""

    spec: EnergySpec
    engine: Engine = "auto"
    model: Path | None = None
    """Checkpoint of the network; the bundled one if None."""
    device: str = "auto"
    rule: str | None = None
    """Seed rule for pictures without strokes, a key of :data:`rules.RULES`."""
    formats: tuple[str, ...] = ("png", "tiff")
    """Some of :data:`FORMATS`."""

    def __post_init__(self) -> None:
        if unknown := set(self.formats) - set(FORMATS):
            raise InvalidInput(
                f"there is no format {min(unknown)!r}; choose from {', '.join(FORMATS)}."
            )
        if not self.formats:
            raise InvalidInput(f"no format is given; choose from {', '.join(FORMATS)}.")
        if self.engine == "both":
            raise InvalidInput("a batch keeps one answer a picture; choose one engine.")
        if self.rule is not None and self.rule not in RULES:
            raise InvalidInput(f"there is no rule {self.rule!r}; choose one of {', '.join(RULES)}.")


@dataclass(frozen=True)
class Job:
    """One picture of a batch."""

    pair: Pair
    output: Path
    """Folder of this picture's results."""
    batch: Batch

    def fingerprint(self) -> str:
        """Changes with the input files (size and time) and with every setting."""
        batch = self.batch
        files = [self.pair.image, self.pair.strokes, batch.model]
        asked = {
            "spec": spec_to_dict(batch.spec),
            "engine": batch.engine,
            "rule": batch.rule,
            "formats": sorted(batch.formats),
            "files": [_stamp(path) for path in files],
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def finished(self) -> Record | None:
        """The record of an earlier run that did just this, if there is one."""
        try:
            values = json.loads((self.output / RECORD).read_text(encoding="utf-8"))
            if values.pop("fingerprint") != self.fingerprint():
                return None
            return Record(**values | {"status": Status.KEPT})
        except (OSError, ValueError, KeyError, TypeError):  # none, or not one of ours
            return None


class Status(StrEnum):
    """What became of a picture."""

    DONE = "done"
    KEPT = "kept"
    """Done before, from the same files with the same settings, by an earlier run or by a worker
    that died afterwards."""
    FAILED = "failed"


@dataclass(frozen=True)
class Record:
    """What became of one picture."""

    name: str
    image: str
    status: Status
    reason: str = ""
    """Why it failed."""
    engine: str = ""
    outcome: str = ""
    energy: float | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def make_jobs(pairs: Sequence[Pair], output: Path, batch: Batch) -> list[Job]:
    """One job a picture, with absolute paths, since a worker may run in another folder.

    Raises
    ------
    InvalidInput
        If the model cannot be used, which would fail every picture.
    """
    if batch.model is not None:
        load_model(batch.model, batch.spec.task, batch.spec.has_prior)
    return [
        Job(_absolute(pair), (output / pair.name).absolute(), _absolute_model(batch))
        for pair in pairs
    ]


def _absolute(pair: Pair) -> Pair:
    strokes = pair.strokes and pair.strokes.absolute()
    return replace(pair, image=pair.image.absolute(), strokes=strokes)


def _absolute_model(batch: Batch) -> Batch:
    return replace(batch, model=batch.model and batch.model.absolute())


def _stamp(path: Path | None) -> list[Any] | None:
    """Name, size and time of a file; of a folder (OME-Zarr) those of its metadata."""
    if path is None:
        return None
    if path.is_dir():
        return [_stamp(file) for file in sorted(path.glob("z*.json")) + sorted(path.glob(".z*"))]
    try:
        status = path.stat()
    except OSError as error:  # removed since the folder was read
        raise InvalidInput(f"there is no {path} any more; put it back, or begin anew.") from error
    return [str(path), status.st_size, status.st_mtime_ns]
