"""Base of the docks: a scrolling column that works while it is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from .canvas_context import CanvasContext
from .session import Session

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtGui import QHideEvent, QShowEvent


SQUEEZED = 340
"""Height in pixels below which a dock is not pushed by the docks around it."""

_SESSIONS: WeakValueDictionary[int, Session] = WeakValueDictionary()


def session_of(viewer: ViewerModel) -> Session:
    """The session of this viewer; it lives as long as one of its docks does."""
    key = hash(viewer)  # docks get different proxies of one viewer, all with its hash
    session = _SESSIONS.get(key)
    if session is None:
        session = _SESSIONS[key] = Session(viewer)
    return session


class SessionDock(QScrollArea):
    """Takes part in the viewer's session from :meth:`open_session` on, while it is not closed.

    The close button of a dock only hides it, so hiding ends the part; showing takes it up again.
    """

    compares = False
    """Whether this dock needs the comparison of both engines."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.session = session_of(viewer)
        self._canvas_context = CanvasContext(viewer, self)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.destroyed.connect(partial(self.session.detach, id(self)))
        self.destroyed.connect(self._canvas_context.release)

    def minimumSizeHint(self) -> QSize:
        content = self.widget().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(content.width() + bar, min(content.height(), SQUEEZED))

    def sizeHint(self) -> QSize:
        content = self.widget().sizeHint()
        return content.expandedTo(self.minimumSizeHint())

    def open_session(self) -> None:
        """Take part; harmless if this is so already."""
        self._canvas_context.watch()
        self.session.attach(id(self), self.compares)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.open_session()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # a minimised window goes on working
            self._canvas_context.release()
            self.session.detach(id(self))
