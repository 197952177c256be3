"""Folders of results: one appears under its name whole or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .errors import InvalidInput
from .files import MARK, draft_of, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing_folder(path: Path, earlier: Path | None = None) -> Iterator[Path]:
    """A new empty folder that takes the place of ``path`` when the block ends without an error.

    ``earlier`` is a draft of a killed process that becomes this one instead.

    Raises
    ------
    InvalidInput
        As :func:`files.writing`.
    """
    draft, old = draft_of(path), draft_of(path)
    try:
        with writing(path):
            if earlier is None:
                draft.mkdir(parents=True)
            else:
                earlier.rename(draft)  # of two processes that want it, one gets it
            yield draft
            with suppress(FileNotFoundError):  # a full folder cannot be replaced in one step
                path.rename(old)
            draft.rename(path)
            shutil.rmtree(old, ignore_errors=True)
    except InvalidInput as error:
        if str(draft) not in str(error):
            raise
        # Of a file in the draft, whose name means nothing to the user.
        raise InvalidInput(str(error).replace(str(draft), str(path))) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_drafts(folder: Path) -> None:
    """Remove what processes that were killed left behind; only while none is at work there."""
    for draft in folder.glob(f".*{MARK}*"):
        shutil.rmtree(draft, ignore_errors=True)
