"""The dock "Batch": a folder of pictures, each answered with the settings on view."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QCheckBox, QFormLayout, QProgressBar

from ..errors import InvalidInput
from . import wording
from .at_end import at_end
from .batch_results import open_result
from .batch_table import BatchTable
from .batch_work import BatchRequest, Step, Summary, run
from .choosers import OptionChooser
from .column_dock import ColumnDock
from .controls import add_row, button, row, sentence
from .folder_chooser import FolderChooser
from .session_dock import session_of
from .state_line import StateLine
from .wording import State
from .worker import LatestWins

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from ..batch import Record

PICTURES = "The folder of pictures; its sub-folders are left alone."
STROKES = (
    "Folder of strokes or trimaps with the pictures' names.\n"
    "Empty: the strokes of cat.jpg are in cat.strokes.png beside it."
)
RESULTS = (
    "Where results go, a folder a picture, and report.csv. Empty: deep-energy in the pictures'."
)
RULE = (
    "For pictures that have no strokes.\n"
    "Centre: the object is in the middle, the rest along the border.\n"
    "Bright, dark: the object is brighter or darker than the rest."
)
RULES = {
    "": "report it",
    "centre": "object in the centre",
    "bright": "bright object",
    "dark": "dark object",
}
FORMATS = {
    "png": ("PNG", "Labels or alpha in 255 steps, and an overlay to look at."),
    "tiff": ("TIFF", "Labels and probabilities, or alpha."),
    "ome-zarr": ("OME-Zarr", "The same, for large pictures."),
}
START = "Answer every picture. Those that an earlier run did with the same settings are kept."
CANCEL = "Stop; pictures that are done stay done, and Start goes on from there."
OPEN = "Show the folder of results."
SETTINGS = "Task, energy and model are those of the dock Deep Energy."
HINT = State("hint", "Choose a folder of pictures.")


class BatchWidget(ColumnDock):
    """Folders, formats, Start, and a row for each picture.

    Parameters
    ----------
    napari_viewer
        The viewer whose dock "Deep Energy" has the settings.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__()
        self.session = session_of(napari_viewer)
        self._viewer = napari_viewer
        self._output = Path()
        self._worker = LatestWins()
        self._make_controls()
        self._lay_out()
        self._connect()
        self._show_settings()
        self._show_running(False)
        self.state.show_state(HINT)

    def _make_controls(self) -> None:
        self.pictures = FolderChooser(PICTURES, "folder of pictures")
        self.strokes = FolderChooser(STROKES, "beside the pictures")
        self.results = FolderChooser(RESULTS, "deep-energy among them")
        self.rule = OptionChooser(RULE, RULES)
        self.formats = {value: QCheckBox(text) for value, (text, _) in FORMATS.items()}
        for value, (_, tip) in FORMATS.items():
            self.formats[value].setToolTip(tip)
            self.formats[value].setChecked(value != "ome-zarr")
        self._settings = sentence()
        self._settings.setToolTip(SETTINGS)
        self.start_button, self.cancel_button = button("Start", START), button("Cancel", CANCEL)
        self._open = button("Open results", OPEN)
        self._bar, self.state = QProgressBar(), StateLine()
        self._bar.setFormat("%v of %m pictures")
        self.table = BatchTable()

    def _lay_out(self) -> None:
        form = QFormLayout()
        for text, control in (
            ("Pictures", self.pictures),
            ("Strokes", self.strokes),
            ("If no strokes", self.rule),
            ("Results", self.results),
            ("Formats", row(*self.formats.values())),
            ("Settings", self._settings),
        ):
            add_row(form, text, control)
        self.column.addLayout(form)
        self.column.addWidget(row(self.start_button, self.cancel_button, self._open))
        for widget in (self._bar, self.state):
            self.column.addWidget(widget)
        self.column.addWidget(self.table, 1)

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        self.start_button.clicked.connect(self.start)
        self.cancel_button.clicked.connect(self.cancel)
        self._open.clicked.connect(self._on_open)
        self.table.chosen.connect(self.open_result)
        self._worker.progressed.connect(self._on_step, queued)
        self._worker.done.connect(self._on_done, queued)
        self._worker.failed.connect(self._on_failed, queued)
        self.session.choices_changed.connect(self._show_settings)
        at_end(self, self._worker.close)

    # What the user can do

    def start(self) -> None:
        """Begin, or say what is missing."""
        folder = self.pictures.path
        formats = tuple(value for value, box in self.formats.items() if box.isChecked())
        if folder is None:
            self.state.show_state(HINT)
            return
        if not folder.is_dir():
            self.state.show_state(State("hint", f"There is no folder {self.pictures.text!r}."))
            return
        if not formats:
            self.state.show_state(State("hint", "Choose at least one format for the results."))
            return
        self._output = self.results.path or folder / "deep-energy"
        request = BatchRequest(
            folder,
            self._output,
            self.strokes.path,
            self.rule.currentData() or None,
            formats,
            self.session.choices,
        )
        self.table.setRowCount(0)
        self._bar.setRange(0, 0)
        self._show_running(True)
        self.state.show_state(State("working", "Looking for pictures."))
        self._worker.submit(partial(run, request))

    def cancel(self) -> None:
        """Stop; never waits."""
        self._end(State("stale", "Cancelled. What is done stays; Start goes on from there."))

    def open_result(self, record: Record) -> None:
        """Add a picture and its result to the viewer, or say why there is none."""
        try:
            open_result(self._viewer, record, self._output)
        except InvalidInput as error:
            self.state.show_state(State("hint", record.reason or str(error)))

    # From the worker

    def _on_step(self, ticket: int, step: Step) -> None:
        if not self.cancel_button.isEnabled():  # cancelled while it was on its way
            return
        self._bar.setRange(0, step.total)
        self._bar.setValue(step.done)
        self.state.show_state(State("working", f"{step.done} of {step.total} pictures done."))
        if step.record is not None:
            self.table.add(step.record)

    def _on_done(self, ticket: int, summary: Summary) -> None:
        if not self.cancel_button.isEnabled():
            return
        text = f"{summary.done} done, {summary.kept} kept from an earlier run, "
        text += f"{summary.failed} failed. Results and report are in {self._output}."
        self._end(State("error" if summary.failed else "done", text))

    def _on_failed(self, ticket: int, error: Exception) -> None:
        self._end(wording.failure(error, has_answer=False))

    # What is on view

    def _show_settings(self) -> None:
        choices = self.session.choices
        model = choices.model.stem if choices.model else "bundled model"
        engine = "analytic" if choices.engine == "both" else choices.engine
        self._settings.setText(f"{choices.task}, {choices.energy} energy, {engine}, {model}")

    def _show_running(self, is_running: bool) -> None:
        self.start_button.setEnabled(not is_running)
        self.cancel_button.setEnabled(is_running)
        self._bar.setVisible(is_running)
        self._open.setEnabled(not is_running and self.table.rowCount() > 0)

    def _end(self, state: State) -> None:
        self._worker.close()  # the next job starts a thread of its own
        self._show_running(False)
        self.table.resizeRowsToContents()  # a scroll bar may have come since they were added
        self.state.show_state(state)

    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._output)))
