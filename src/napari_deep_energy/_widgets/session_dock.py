"""Base of the docks that answer strokes: a column that works while it is open."""

from __future__ import annotations

import atexit
from threading import Event
from typing import TYPE_CHECKING
from weakref import WeakSet, WeakValueDictionary

from qtpy.compat import isalive
from qtpy.QtCore import QCoreApplication, QEvent

from .at_end import at_end
from .canvas_context import guard_canvas
from .column_dock import ColumnDock
from .session import Session

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtGui import QHideEvent, QShowEvent


LEAVING = Event()
"""Set when Python ends: Qt's objects are then taken down in any order, and a dock that goes must
not touch its session, which may be gone."""
_DOCKS: WeakSet[SessionDock] = WeakSet()

_SESSIONS: WeakValueDictionary[int, Session] = WeakValueDictionary()


@atexit.register
def _leave() -> None:
    """Take down closed docks in order: PyQt's own way with what has no parent may crash."""
    LEAVING.set()
    for dock in list(_DOCKS):
        if isalive(dock) and dock.parent() is None:
            dock.deleteLater()
            QCoreApplication.sendPostedEvents(dock, QEvent.Type.DeferredDelete.value)


def session_of(viewer: ViewerModel) -> Session:
    """The session of this viewer; it lives as long as one of its docks does."""
    key = hash(viewer)  # docks get different proxies of one viewer, all with its hash
    session = _SESSIONS.get(key)
    if session is None:
        session = _SESSIONS[key] = Session(viewer)
    return session


def _detach(session: Session, dock: int) -> None:
    if not LEAVING.is_set():
        session.detach(dock)


class SessionDock(ColumnDock):
    """Takes part in the viewer's session from :meth:`open_session` on, while it is not closed.

    The close button of a dock only hides it, so hiding ends the part; showing takes it up again.
    """

    compares = False
    """Whether this dock needs the comparison of both engines."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.session = session_of(viewer)
        self._viewer = viewer
        _DOCKS.add(self)
        at_end(self, _detach, self.session, id(self))

    def open_session(self) -> None:
        """Take part; harmless if this is so already."""
        guard_canvas(self._viewer, self)
        self.session.attach(id(self), self.compares)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.open_session()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # a minimised window goes on working
            _detach(self.session, id(self))
