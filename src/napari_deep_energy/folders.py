"""Folders of results: one appears under its name whole or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = ".draft-"
"""In the name of a folder that is being written, or about to be removed."""


@contextmanager
def replacing_folder(path: Path, earlier: Path | None = None) -> Iterator[Path]:
    """A new empty folder that takes the place of ``path`` when the block ends without an error.

    ``earlier`` is a draft of a killed process that becomes this one instead.

    The name is drawn at random, so that two machines that share a disk never write to one draft.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to, or the disk is full.
    """
    draft = path.with_name(f".{path.name}{MARK}{uuid4().hex}")
    try:
        if earlier is None:
            draft.mkdir(parents=True)
        else:
            earlier.rename(draft)  # of two processes that want it, one gets it
        yield draft
        old = path.with_name(f".{path.name}{MARK}{uuid4().hex}")
        with suppress(FileNotFoundError):  # a full folder cannot be replaced in one step
            path.rename(old)
        draft.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise InvalidInput(f"cannot write {path} ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def drafts_of(path: Path) -> list[Path]:
    """Drafts of this folder, by processes that were killed or are at work."""
    return sorted(path.parent.glob(f".{path.name}{MARK}*"))


def remove_drafts(folder: Path) -> None:
    """Remove what processes that were killed left behind; only while none is at work there."""
    for draft in folder.glob(f".*{MARK}*"):
        shutil.rmtree(draft, ignore_errors=True)
