"""Controls to answer all of a picture: a question first, then progress in numbers, and Cancel."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QProgressBar

from ..errors import InvalidInput
from . import picking, wording
from .choosers import OptionChooser
from .controls import button, row, sentence
from .data_folder import data_folder
from .fold import Fold
from .whole_layers import request_of, show
from .whole_work import WAYS, Step, WholeAnswer, WholeRequest, question, run, ways_of
from .worker import LatestWins

if TYPE_CHECKING:
    from .session import Session
    from .whole_work import Way

TIP = "Answer the whole stack, or the whole of a picture too large for the memory."
WAY = (
    "3D: every voxel is joined to its six neighbours, with the layer's scale.\n"
    "Network: it answers the planes that have strokes, the solver all between them.\n"
    "Planes: each plane that has strokes, by itself.\n"
    "Tiles: exact, in the memory of a tile; the result is on disk and read when looked at."
)
APPLY = "Tell what it will take; nothing is begun before you press Go ahead."
GO = "Begin."
CANCEL = "Stop. Nothing is left behind; layers stay as they are."
FOLDER = "Where results go that are too large for the memory."


class WholeFold(Fold):
    """Way, folder, Apply to all, Go ahead, Cancel."""

    finished = Signal(object)
    """The result layer, after it was put into the viewer."""
    asked = Signal(str)
    """What the run will take."""
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__("Whole picture", TIP)
        self._session = session
        self.folder: Path | None = None
        """For large results; None is a new one in the user's data."""
        self._asked: WholeRequest | None = None
        self._ways: tuple[Way, ...] = ()
        self._clock, self._began, self._doing = QTimer(self), 0.0, ""
        self._worker = LatestWins()
        self._make_controls()
        self._connect()
        self._show_ways()
        self._show_idle("")

    def _make_controls(self) -> None:
        self._way = OptionChooser(WAY, WAYS)
        self._choose = button("Folder...", FOLDER)
        self.apply, self.go = button("Apply to all", APPLY), button("Go ahead", GO)
        self.cancel_button = button("Cancel", CANCEL)
        self._bar, self._text = QProgressBar(), sentence()
        self._bar.setFormat("%v of %m")
        self.column.addWidget(row(self._way, self._choose))
        self.column.addWidget(row(self.apply, self.go, self.cancel_button))
        self.column.addWidget(self._bar)
        self.column.addWidget(self._text)

    def _connect(self) -> None:
        session, queued = self._session, Qt.ConnectionType.QueuedConnection
        self._choose.clicked.connect(self._on_folder)
        self.apply.clicked.connect(self.ask)
        self.go.clicked.connect(self.begin)
        self.cancel_button.clicked.connect(self.cancel)
        self._worker.progressed.connect(self._on_step, queued)
        self._worker.done.connect(self._on_done, queued)
        self._worker.failed.connect(self._on_failed, queued)
        self._clock.timeout.connect(self._on_second)
        session.replaced.connect(self.cancel)
        session.subject.listed.connect(self._show_ways)
        session.choices_changed.connect(self._show_ways)

    # What the user can do

    @property
    def way(self) -> str:
        """How it will be done, a key of ``WAYS``."""
        return str(self._way.currentData())

    @way.setter
    def way(self, way: str) -> None:
        self._way.show_option(way)

    @property
    def text(self) -> str:
        """The sentence on view."""
        return str(self._text.text())

    def ask(self) -> None:
        """Find out what it will take, and wait for Go ahead."""
        folder = self.folder or data_folder() / "whole" / time.strftime("%Y-%m-%d-%H%M%S")
        try:
            request = request_of(self._session, self._way.currentData(), folder)
        except InvalidInput as error:
            self._on_failed(0, error)
            return
        self._asked = request
        self._show_busy("Looking at what it will take.")
        self._worker.submit(partial(question, request))

    def begin(self) -> None:
        """Run what was asked about."""
        if self._asked is not None:
            self._show_busy("At work.")
            self._worker.submit(partial(run, self._asked))

    def cancel(self) -> None:
        """Stop; never waits."""
        if self._asked is not None:
            self._show_idle("Cancelled.")

    # From the worker

    def _on_step(self, ticket: int, step: Step) -> None:
        if self._asked is not None:
            self._bar.setRange(0, step.total)
            self._bar.setValue(step.done)
            self._text.setText(f"{step.done} of {step.total} {step.unit}.")

    def _on_second(self) -> None:
        if self._bar.maximum() == 0:  # no step has been told
            seconds = time.perf_counter() - self._began
            self._text.setText(f"{self._doing} {seconds:.0f} s so far.")

    def _on_done(self, ticket: int, result: str | WholeAnswer) -> None:
        request = self._asked
        if request is None:
            return
        if isinstance(result, str):
            self._show_question(result)
            return
        try:
            layer = show(self._session, request, result)
        except InvalidInput as error:
            self._on_failed(ticket, error)
            return
        self._show_idle(result.text)
        self.finished.emit(layer)

    def _on_failed(self, ticket: int, error: Exception) -> None:
        self._show_idle(wording.failure(error, has_answer=False).text)
        self.failed.emit(self.text)

    # What is on view

    def _show_ways(self) -> None:
        subject, task = self._session.subject, self._session.choices.task
        picture, image = subject.plane(), subject.image
        ways: tuple[Way, ...] = ()
        if picture is not None and image is not None:
            ways = ways_of(picture, task, picking.is_movie(image))
        for place in range(self._way.count()):
            item = self._way.model().item(place)
            item.setEnabled(item.data(Qt.ItemDataRole.UserRole) in ways)
        if ways and ways != self._ways:
            self._way.show_option(ways[0])
        self._ways = ways
        self._choose.setVisible(self.way == "tiles")

    def _show_busy(self, text: str) -> None:
        self._doing, self._began = text, time.perf_counter()
        self._clock.start(1000)
        self._show(text, is_busy=True, can_go=False)
        self._bar.setRange(0, 0)

    def _show_question(self, text: str) -> None:
        self._show(f"{text[:1].upper()}{text[1:]} Go ahead?", is_busy=False, can_go=True)
        self.asked.emit(self.text)

    def _show_idle(self, text: str) -> None:
        self._asked = None
        self._show(text, is_busy=False, can_go=False)

    def _show(self, text: str, *, is_busy: bool, can_go: bool) -> None:
        if not is_busy:
            self._clock.stop()
            self._worker.close()  # cancels what runs; the next job starts a thread of its own
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._bar.setVisible(is_busy)
        self.go.setEnabled(can_go)
        self.apply.setEnabled(not is_busy)
        self.cancel_button.setEnabled(is_busy or can_go)

    def _on_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder for the results")
        if name:
            self.folder = Path(name) / "deep-energy"
