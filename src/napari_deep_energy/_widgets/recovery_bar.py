"""The offer to reopen work that a crash has interrupted; never forced, never in the way."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from ..errors import InvalidInput
from ..sessions.session_file import picture_name_of
from . import autosave, reopening
from .controls import button, row, sentence
from .wording import State

if TYPE_CHECKING:
    from pathlib import Path

    from .session import Session

REOPEN = "Open picture, strokes, settings and results as they were last saved."
DISCARD = "Delete what was saved."


class RecoveryBar(QWidget):
    """A sentence and two buttons for each abandoned autosave, one after the other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._text = sentence()
        self._reopen, self._discard = button("Reopen", REOPEN), button("Discard", DISCARD)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.addWidget(self._text)
        column.addWidget(row(self._reopen, self._discard))
        self._reopen.clicked.connect(self.reopen)
        self._discard.clicked.connect(self.discard)
        self._waiting = autosave.abandoned()
        self._show_next()

    @property
    def offered(self) -> Path | None:
        """The file that the buttons are about."""
        return self._waiting[0] if self._waiting else None

    def reopen(self) -> None:
        """Open the file, save it anew as the work of this window, then forget the old file."""
        if (path := self.offered) is None:
            return
        try:
            reopening.add_layers(self._session, path)
        except InvalidInput as error:
            self._session.say(State("error", str(error)))
            self._show_next()
            return  # the file stays: another version may read it
        self._session.autosave.saved.connect(lambda _: autosave.discard(path))
        self._session.autosave.save_now()
        self._go_on()

    def discard(self) -> None:
        """Delete the file."""
        if self.offered is not None:
            autosave.discard(self.offered)
        self._go_on()

    def _go_on(self) -> None:
        del self._waiting[:1]
        self._show_next()

    def _show_next(self) -> None:
        # Another window offers the same, and may have come first.
        self._waiting = [path for path in self._waiting if path.exists()]
        self.setVisible(bool(self._waiting))
        if self._waiting:
            path = self._waiting[0]
            when = datetime.fromtimestamp(path.stat().st_mtime)
            name = picture_name_of(path)
            work = f"Work on {name}" if name else "Work"
            self._text.setText(f"{work} of {when:%d %B, %H:%M} was interrupted. Reopen it?")
            self._text.setToolTip(str(path))
