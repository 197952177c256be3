"""A pointer that rests with a brush in hand: the next stroke is likely to start there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from .choices import ENGINES
from .timers import single_shot
from .watching import Connections

if TYPE_CHECKING:
    from .session import Session

REST_MS = 50
"""How long the pointer must stand still before work ahead is worth it."""
DRAWN_MS = 300
"""From an answer to work ahead: without a graphics card, it would hold up the answer's drawing."""
BRUSHES = ("paint", "erase", "fill", "polygon")
"""Modes of a Labels layer that leave strokes."""


class Expecting(QObject):
    """Has the exact solver work ahead where the pointer rests, between answers."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._connections = Connections()
        self._rest = single_shot(self, REST_MS, self._expect)
        session.solved.connect(self._on_answer)

    def start(self) -> None:
        """Watch the pointer; harmless if it is watched."""
        pointer = self._session.subject.viewer.cursor
        self._connections.make([(pointer.events.position, self._on_move)])

    def stop(self) -> None:
        """Stop watching; harmless if nothing is watched."""
        self._connections.undo()
        self._rest.stop()

    def _on_move(self, event: object = None) -> None:
        self._rest.start(REST_MS)

    def _on_answer(self, solutions: object) -> None:
        """The next stroke may start where that one ended."""
        self._rest.start(DRAWN_MS)

    def _expect(self) -> None:
        session, seeds = self._session, self._session.subject.seeds
        if not session.live or "analytic" not in ENGINES[session.choices.engine]:
            return
        if seeds is None or seeds.mode not in BRUSHES:
            return
        viewer, runner = session.subject.viewer, session.runner
        if viewer.layers.selection.active is not seeds or viewer.dims.ndisplay != 2:
            return
        picture = session.subject.picture()
        if picture is None or not viewer.mouse_over_canvas:
            return
        pixel = session.subject.pixel_at(picture, viewer.cursor.position)
        if pixel is None:
            return
        if not runner.expect(picture, pixel) and not runner.is_busy:
            self._rest.start(DRAWN_MS)  # after a preview, or the preparation of the picture
