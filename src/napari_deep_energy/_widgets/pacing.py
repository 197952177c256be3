"""When a change is answered: at once, after it has settled, or by a preview while it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from .timers import single_shot

if TYPE_CHECKING:
    from .session import Session

PREVIEW_MS = 40
"""From a move of the brush to a preview; moves in between are part of it."""
SETTLE_MS = 200
"""How long a value in the form must stand still before it is used."""
PAUSE_MS = 400
"""A brush that rests this long, still down, gets the full answer."""


class Pacing(QObject):
    """Calls the session's ``answer_change`` and ``preview_change`` at the right time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._soon = single_shot(self, 0, session.answer_change)
        self._settle = single_shot(self, SETTLE_MS, session.answer_change)
        self._preview = single_shot(self, PREVIEW_MS, session.preview_change)
        session.subject.touched.connect(self._on_touch)
        session.subject.painted.connect(self._on_paint)
        session.subject.brushed.connect(self._on_brush)

    def soon(self) -> None:
        """Answer when what is going on now is through."""
        self._soon.start()

    def after_settling(self) -> None:
        """Answer when nothing has changed for a moment."""
        self._settle.start(SETTLE_MS)

    def after_pause(self) -> None:
        """Answer when the brush rests."""
        self._settle.start(PAUSE_MS)

    def no_preview(self) -> None:
        """Drop the preview that is due."""
        self._preview.stop()

    def answered(self) -> None:
        """All that has changed is being answered."""
        self._settle.stop()
        self._preview.stop()

    def stop(self) -> None:
        """Nothing is due any more."""
        for timer in (self._preview, self._soon, self._settle):
            timer.stop()

    def _on_paint(self) -> None:
        # At once, as drawing the window may take longer than solving; and soon again, as a
        # stroke by the layer's methods is announced before it is written.
        self._session.answer_change()
        self._soon.start()

    def _on_touch(self) -> None:
        # Changes that come faster than answers, as from a script that paints, get previews.
        if self._session.runner.is_busy or self._settle.isActive():
            self._on_brush()
            self.after_pause()
        else:
            self._session.answer_change()

    def _on_brush(self) -> None:
        if self._soon.isActive():
            self._session.answer_change()
        elif self._session.live and not self._preview.isActive():
            self._preview.start()
