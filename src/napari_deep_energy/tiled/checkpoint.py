"""What a killed run had finished, found again by the next one.

The steps themselves are checkpoints, see :mod:`.scratch`; here it is made sure that they are of
the same picture, seeds and settings.
"""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..files import drafts_of
from ..folders import replacing_folder
from .looks import Looks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..stopping import Stop
    from .plan import Plan

RECORD = "run.txt"
LOOKS = 16
"""Tiles of the picture that are compared; all would have to be read for it."""


def fingerprint(plan: Plan, stop: Stop) -> str:
    """Equal for runs whose steps are the same; takes one pass."""
    source, grid, looks = plan.source, plan.grid, Looks(plan.grid, 1, stop)
    seeds, pixels = [], []
    for number, box in enumerate(looks):
        seeds.append(zlib.crc32(source.labels(box).tobytes()))
        if number % max(1, plan.estimate.tiles // LOOKS) == 0:
            pixels.append(zlib.crc32(source.planes(box).tobytes()))
    return repr((grid, source.spec, source.values, source.range, seeds, pixels))


def killed_run(record: str, output: Path) -> Path | None:
    """The folder of a run that was killed and has this fingerprint; the latest of several."""
    found = [draft for draft in drafts_of(output) if _record_in(draft) == record]
    return max(found, key=lambda draft: draft.stat().st_mtime, default=None)


@contextmanager
def draft_of(record: str, output: Path, earlier: Path | None) -> Iterator[Path]:
    """The folder that becomes ``output``; the ``earlier`` one of a killed run, if there is one."""
    with replacing_folder(output, earlier) as draft:
        (draft / RECORD).write_text(record)
        yield draft
        (draft / RECORD).unlink()


def _record_in(draft: Path) -> str | None:
    path = draft / RECORD
    return path.read_text() if path.exists() else None
