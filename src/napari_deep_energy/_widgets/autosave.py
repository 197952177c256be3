"""Work in progress on disk, kept up to date, and found again after a crash."""

from __future__ import annotations

import os
import uuid
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from qtpy.QtCore import QLockFile, QObject, Signal

from ..crops import Crop
from ..errors import InvalidInput
from ..files import MARK, make_folder, remove_drafts_of
from ..sessions.contribution import session_of_layers
from ..sessions.session_file import SUFFIX, SavedSession, write_session
from . import strokes_record
from .data_folder import data_folder
from .preferences import preferred
from .timers import single_shot
from .wording import State
from .worker import LatestWins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .session import Session

WAIT_SECONDS = 10
"""From a stroke to the file that has it."""


def folder() -> Path:
    """Where autosaves lie."""
    return data_folder() / "autosave"


class _OwnFile:
    """One autosave and its lock; both go when the work has ended as it should."""

    def __init__(self) -> None:
        self.path = folder() / f"{os.getpid()}-{uuid.uuid4().hex[:8]}{SUFFIX}"
        self._lock: QLockFile | None = None

    def hold(self) -> None:
        """Take the lock, if that was not done.

        Raises
        ------
        InvalidInput
            If there is no place for the file.
        """
        if self._lock is None:
            make_folder(self.path.parent)
            self._lock = lock_of(self.path)
            self._lock.tryLock(0)

    def remove(self) -> None:
        """Delete the file; harmless if there is none."""
        if self._lock is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            self._lock.unlock()
            self._lock = None


class Autosave(QObject):
    """Writes one session to one file, which stays only if the program crashes."""

    saved = Signal(object)
    """Path of the file, after it was written."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._file = _OwnFile()
        # When the session is forgotten, and at the latest when Python ends in good order.
        weakref.finalize(self, self._file.remove)
        self._worker = LatestWins()
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._soon = single_shot(self, 1000 * WAIT_SECONDS, self.save_now)

    def note_change(self) -> None:
        """The strokes have changed; the file follows."""
        if preferred("autosave", True) and not self._soon.isActive():
            self._soon.start(1000 * preferred("autosave_seconds", WAIT_SECONDS))

    def save_now(self) -> None:
        """Write the file in a thread of its own; nothing is written if there are no strokes."""
        self._submit(lambda: None)

    def pause(self) -> None:
        """Write what is not written, and let go of the thread."""
        if not (self._soon.isActive() and self._submit(self._worker.close)):
            self._worker.close()

    def _submit(self, afterwards: Callable[[], None]) -> bool:
        """Write in the thread, then call ``afterwards``; whether there is something to write."""
        self._soon.stop()
        if isinstance(getattr(self._session.subject.picture(), "data", None), Crop):
            return False  # a huge picture: writing it would take longer than the work itself
        session = snapshot(self._session)
        if session is None:
            return False
        try:
            self._file.hold()
        except InvalidInput as error:
            self._on_failed(0, error)
            return False
        path = self._file.path

        def work(report: object, stop: object) -> Path:
            write_session(path, session)
            afterwards()
            return path

        self._worker.submit(work, interrupt=False)
        return True

    def _on_done(self, ticket: int, path: Path) -> None:
        self.saved.emit(path)

    def _on_failed(self, ticket: int, error: Exception) -> None:
        self._session.say(State("error", f"This work is not on disk: {error}"))


def snapshot(session: Session) -> SavedSession | None:
    """The session as it is now, for a thread to write; None if there are no strokes."""
    subject = session.subject
    image, seeds = subject.image, subject.seeds
    if image is None or seeds is None:
        return None
    strokes_record.record(subject, session.choices)
    results = [layer for layer in session.results.layers.values() if layer in subject.viewer.layers]
    layers = [layer.as_layer_data_tuple() for layer in (image, *results)]
    data, attributes, kind = seeds.as_layer_data_tuple()
    saved = session_of_layers([*layers, (data.copy(), attributes, kind)])
    history = saved.history.snapshot() if saved.history else None
    return SavedSession(
        saved.layers, dict(saved.settings), history, dict(saved.names), saved.picture_path
    )


def lock_of(path: Path) -> QLockFile:
    """The lock that the owner of an autosave holds; that of a dead one can be taken."""
    lock = QLockFile(f"{path}.lock")
    lock.setStaleLockTime(0)  # age says nothing: only whether the owner lives
    return lock


def abandoned() -> list[Path]:
    """Autosaves whose owner is gone, the newest first; halves of such are removed."""
    with suppress(OSError):
        for draft in folder().glob(f".*{MARK}*{SUFFIX}"):
            path = draft.with_name(draft.name[1:].partition(MARK)[0] + SUFFIX)
            if _is_free(path):
                remove_drafts_of(path, untouched=0)
        found = sorted(folder().glob(f"[!.]*{SUFFIX}"), key=lambda path: -path.stat().st_mtime)
        return [path for path in found if _is_free(path)]
    return []


def discard(path: Path) -> None:
    """Delete an abandoned autosave."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    lock = lock_of(path)
    if not lock.tryLock(0):
        return False
    lock.unlock()
    return True
