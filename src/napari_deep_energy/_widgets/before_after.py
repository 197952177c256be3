"""Two small pictures side by side: what a model makes of the current strokes, before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..errors import InvalidInput
from .solving import Desk
from .worker import LatestWins

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .session import Session
    from .solving import Request

SIDE = 108
"""Pixels of the longer side, so that two fit into a dock."""
NO_STROKES = "With strokes on a picture in the dock Deep Energy, before and after are shown here."
ENERGY = (
    "Energy of these strokes: {:.4g}. A network that learnt what more strokes would say need "
    "not have the lowest."
)
TIP = "The network's answer to the strokes in the dock Deep Energy, before and after fine-tuning."


@dataclass(frozen=True, eq=False)
class Look:
    """A model's answer, to look at."""

    picture: NDArray[np.uint8]
    """(H, W, 3), at most ``SIDE`` a side."""
    energy: float


class BeforeAfter(QWidget):
    """Shows both models' answers; they are computed in a thread of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setToolTip(TIP)
        self._looker = _Looker()
        self._looker.looked.connect(self._on_looked)
        self._pictures = {"before": QLabel(), "after": QLabel()}
        self._captions = {name: QLabel() for name in self._pictures}
        self._hint = QLabel(NO_STROKES)
        self._hint.setWordWrap(True)
        self.energies: dict[str, float] = {}
        """Of the answers on view."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        side_by_side = QHBoxLayout()
        for name in self._pictures:
            half = QVBoxLayout()
            half.addWidget(self._captions[name])
            self._pictures[name].hide()
            self._captions[name].hide()
            half.addWidget(self._pictures[name], 1)
            side_by_side.addLayout(half)
        column.addLayout(side_by_side)

    def show_model(self, name: str, task: str, model: Path | None) -> None:
        """Compute and show what ``model`` answers, as ``"before"`` or ``"after"``."""
        choices = replace(self._session.choices, task=task, engine="network", model=model)
        request = self._session.subject.request(choices)
        if request is not None:
            self._looker.look(name, request)

    def close_thread(self) -> None:
        """Let go of the thread; the next picture starts one."""
        self._looker.close()

    def _on_looked(self, name: str, look: Look) -> None:
        self._hint.hide()
        self.energies[name] = look.energy
        height, width, _ = look.picture.shape
        pixels = np.ascontiguousarray(look.picture)
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._pictures[name].setPixmap(QPixmap.fromImage(image))  # copies the pixels
        self._pictures[name].show()
        self._captions[name].show()
        self._captions[name].setText(name)
        self._captions[name].setToolTip(ENERGY.format(look.energy))


class _Looker(QObject):
    """Both models' jobs one after the other: the thread has one slot, and none may be lost."""

    looked = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._desk = Desk()
        self._worker = LatestWins()
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._waiting: dict[str, Request] = {}
        self._running = ""

    def look(self, name: str, request: Request) -> None:
        self._waiting[name] = request
        self._go_on()

    def close(self) -> None:
        self._waiting.clear()
        self._running = ""
        self._worker.close()

    def _go_on(self) -> None:
        if self._running or not self._waiting:
            return
        self._running = next(iter(self._waiting))
        request, desk = self._waiting.pop(self._running), self._desk
        self._worker.submit(lambda report, stop: _look(desk, request, report, stop))

    def _on_done(self, ticket: int, look: Look) -> None:
        name, self._running = self._running, ""
        if name:
            self.looked.emit(name, look)
        self._go_on()

    def _on_failed(self, ticket: int, error: Exception) -> None:
        self._running = ""
        if isinstance(error, InvalidInput):
            self._waiting.clear()  # the strokes are no problem; the state line tells why
        self._go_on()


def _look(desk: Desk, request: Request, report: Any, stop: Any) -> Look:
    from ..pictures import on_checkerboard, overlay

    solution = desk.answer(request, report, stop).solutions["network"]
    image, labels = request.picture.load(), request.labels
    if request.choices.task == "segment":
        shown = overlay(image, solution.labels, labels)
    else:
        from ..pictures import cutout

        shown = on_checkerboard(cutout(image, solution.alpha))
    step = -(-max(shown.shape[:2]) // SIDE)
    return Look(np.ascontiguousarray(shown[::step, ::step]), solution.energy)
