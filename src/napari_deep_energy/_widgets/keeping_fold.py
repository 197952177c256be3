"""Controls that keep the work: save and open sessions, copy as Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QFileDialog

from ..errors import InvalidInput
from ..sessions.session_file import SUFFIX, write_session
from . import reopening
from .autosave import snapshot
from .controls import button, row
from .fold import Fold
from .python_script import script_of
from .wording import State

if TYPE_CHECKING:
    from .session import Session

FILTER = f"Deep Energy sessions (*{SUFFIX})"
SAVE = (
    "Save picture (by reference if it has a file), strokes and their history, settings and results "
    f"as one {SUFFIX} file; drop it on napari to go on."
)
OPEN = "Open a saved session; dropping the file on the viewer does the same."
COPY = "Put a Python script on the clipboard that gives the result on screen again."


class KeepingFold(Fold):
    """Save, open, copy as Python."""

    def __init__(self, session: Session) -> None:
        super().__init__("Session", "Save the work, open it again, or copy it as Python.")
        self._session = session
        save, load = button("Save...", SAVE), button("Open...", OPEN)
        copy = button("Copy as Python", COPY)
        self.column.addWidget(row(save, load))
        self.column.addWidget(copy)
        save.clicked.connect(self._on_save)
        load.clicked.connect(self._on_open)
        copy.clicked.connect(self.copy_as_python)

    def save(self, path: Path) -> None:
        """Write the session file."""
        saved = snapshot(self._session)
        if saved is None:
            self._session.say(State("hint", "Nothing to save yet: no strokes on a picture."))
            return
        try:
            write_session(path, saved)
            self._session.say(State("done", f"Saved as {path.name}."))
        except InvalidInput as error:
            self._session.say(State("error", str(error)))

    def open(self, path: Path) -> None:
        """Open a session file into the viewer."""
        try:
            reopening.add_layers(self._session, path)
        except InvalidInput as error:
            self._session.say(State("error", str(error)))

    def copy_as_python(self) -> None:
        """Put the script on the clipboard."""
        try:
            text = script_of(self._session)
        except InvalidInput as error:
            self._session.say(State("hint", str(error)))
            return
        QApplication.clipboard().setText(text)
        self._session.say(State("done", "The script is on the clipboard."))

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the session", "", FILTER)
        if name:
            self.save(Path(name).with_suffix(SUFFIX))

    def _on_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a session", "", FILTER)
        if name:
            self.open(Path(name))
