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

    from ..minimisers import Stop
    from .plan import Plan

RECORD = "run.txt"
LOOKS = 16
"""Tiles of the picture that are compared; all would have to be read for it."""


def fingerprint(plan: Plan, looks: Looks) -> str:
    """Equal for runs whose steps are the same; takes one pass."""
    source, grid = plan.source, plan.grid
    seeds, pixels = [], []
    for number, box in enumerate(looks):
        seeds.append(zlib.crc32(source.labels(box).tobytes()))
        if number % max(1, plan.estimate.tiles // LOOKS) == 0:
            pixels.append(zlib.crc32(source.planes(box).tobytes()))
    return repr((grid, source.spec, source.values, source.range, seeds, pixels))


@contextmanager
def draft_of(plan: Plan, output: Path, resume: bool, stop: Stop) -> Iterator[Path]:
    """The folder that becomes ``output``; to ``resume``, that of a killed run, if there is one."""
    record = fingerprint(plan, Looks(plan.grid, 1, stop))
    earlier = None
    if resume:
        found = [draft for draft in drafts_of(output) if _record_in(draft) == record]
        earlier = max(found, key=lambda draft: draft.stat().st_mtime, default=None)
    with replacing_folder(output, earlier) as draft:
        (draft / RECORD).write_text(record)
        yield draft
        (draft / RECORD).unlink()


def _record_in(draft: Path) -> str | None:
    path = draft / RECORD
    return path.read_text() if path.exists() else None
