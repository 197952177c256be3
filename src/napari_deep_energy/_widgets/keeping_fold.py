"""Controls that keep the work: save the result, save and open sessions, copy as Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from ..errors import InvalidInput
from ..sessions.session_file import SUFFIX, write_session
from . import reopening, saving, wording
from .at_end import at_end
from .autosave import snapshot
from .controls import button, row
from .fold import Fold
from .python_script import script_of
from .wording import State
from .worker import LatestWins

if TYPE_CHECKING:
    from .session import Session

FILTER = f"Deep Energy sessions (*{SUFFIX})"
RESULT = (
    "Write the answer on view into a new folder: labels and probabilities, or alpha and cut-out, "
    "as TIFF and PNG, a picture to look at, and a report with energy, engine and settings; of a "
    "picture that only Whole picture answers as a whole, labels, or alpha and cut-out."
)
SAVE = (
    "Save picture (by reference if it has a file), strokes and their history, settings and results "
    f"as one {SUFFIX} file; drop it on napari to go on."
)
OPEN = "Open a saved session; dropping the file on the viewer does the same."
COPY = "Put a Python script on the clipboard that gives the result on screen again."


class KeepingFold(Fold):
    """Save the result or all the work, open it again, copy as Python."""

    def __init__(self, session: Session) -> None:
        super().__init__("Save", "Save the result or all the work, or copy it as Python.")
        self._session = session
        self._worker = LatestWins()
        result, copy = button("Save result...", RESULT), button("Copy as Python", COPY)
        save, load = button("Save session...", SAVE), button("Open session...", OPEN)
        self.column.addWidget(row(result, copy))
        self.column.addWidget(row(save, load))
        self._worker.done.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        self._worker.failed.connect(self._on_unwritten, Qt.ConnectionType.QueuedConnection)
        at_end(self, self._worker.close)
        result.clicked.connect(self._on_result)
        save.clicked.connect(self._on_save)
        load.clicked.connect(self._on_open)
        copy.clicked.connect(self.copy_as_python)

    def save_result(self, parent: Path) -> None:
        """Write the answer on view into a new folder in ``parent``; never waits."""
        try:
            self._worker.submit(saving.writer(self._session, parent), interrupt=False)
        except InvalidInput as error:
            self._session.say(State("hint", str(error)))

    def save(self, path: Path) -> None:
        """Write the session file."""
        saved = snapshot(self._session)
        if saved is None:
            self._session.say(State("hint", "Nothing to save yet: no strokes on a picture."))
            return
        try:
            write_session(path, saved)
            self._session.say(State("done", f"Saved as {path}."))
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

    def _on_result(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Save the result in a new folder in")
        if name:
            self.save_result(Path(name))

    def _on_written(self, ticket: int, folder: Path) -> None:
        self._worker.close()  # the next one starts a thread of its own
        self._session.say(State("done", f"The result is in {folder}."))

    def _on_unwritten(self, ticket: int, error: Exception) -> None:
        self._worker.close()
        self._session.say(replace(wording.failure(error, has_answer=False), mood="error"))

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the session", "", FILTER)
        if name:
            self.save(Path(name).with_suffix(SUFFIX))

    def _on_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a session", "", FILTER)
        if name:
            self.open(Path(name))
