"""Files on disk: each appears under its name whole or not at all, and errors name it."""

from __future__ import annotations

import glob
import json
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = ".draft-"
"""In the name of a file or a folder that is being written, or about to be removed."""
UNTOUCHED_SECONDS = 3600.0
"""After so long, what wrote a draft without taking it away was killed."""


def draft_of(path: Path) -> Path:
    """Hidden place beside ``path`` to write it to, with the same suffix.

    The name is drawn at random, so that two machines that share a disk never write to one draft.
    """
    return path.with_name(f".{path.stem}{MARK}{uuid4().hex}{path.suffix}")


def drafts_of(path: Path) -> list[Path]:
    """Drafts of this file or folder, by processes that were killed or are at work."""
    stem, suffix = glob.escape(path.stem), glob.escape(path.suffix)
    return sorted(path.parent.glob(f".{stem}{MARK}*{suffix}"))


def remove_drafts_of(path: Path, untouched: float = UNTOUCHED_SECONDS) -> None:
    """Remove the drafts of this file that nothing was written to for ``untouched`` seconds.

    None of them was ever under its final name, so nothing is lost.
    """
    for draft in drafts_of(path):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime >= untouched:
                draft.unlink()


@contextmanager
def reading(path: Path | None = None) -> Iterator[None]:
    """Say in words why a picture cannot be read: a file, or without one a layer's lazy array.

    Raises
    ------
    InvalidInput
        If anything but the memory was in the way.
    """
    try:
        yield
    except (MemoryError, InvalidInput):
        raise
    except Exception as error:  # decoders are not ours: damage ends in any error of theirs
        text = " ".join(str(error).split()) or type(error).__name__
        what, advice = "the picture cannot be read", "check its file, or open it again"
        if path is not None:
            what = f"{path.name} cannot be read as a picture"
            advice = "open it in a viewer and save it anew"
        raise InvalidInput(f"{what} ({text}); {advice}.") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words why ``path`` cannot be written.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"cannot write {path} ({error.strerror or error}); free some space, or give another "
            "folder."
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside ``path`` that takes its place when the block ends without an error.

    Raises
    ------
    InvalidInput
        As :func:`writing`.
    """
    draft = draft_of(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            draft.chmod(0o644)  # some writers keep their files to themselves
            draft.replace(path)
    finally:
        with suppress(OSError):  # the folder itself may not be there
            draft.unlink()


def make_folder(path: Path) -> None:
    """Make a folder with those above it; nothing if it is there.

    Raises
    ------
    InvalidInput
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"cannot write to the folder {path} ({error.strerror or error}); give another."
        ) from error


def is_file(path: Path) -> bool:
    """Whether there is a file; a path that no system would take is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file.

    For safetensors, too: their own writer has a hidden draft of its own, which nobody finds again
    after a kill.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file."""
    write_bytes(path, text.encode())


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write plain values as JSON."""
    write_text(path, json.dumps(report, indent=2) + "\n")


def file_name_of(name: str) -> str:
    """A layer's name as the name of a file: letters, digits and dashes, at most 40 of them."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)[:40] or "picture"
