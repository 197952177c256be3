"""Base of the docks: a scrolling column that works while it is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from .session import session_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtGui import QHideEvent, QShowEvent


class SessionDock(QScrollArea):
    """Takes part in the viewer's session from :meth:`open_session` on, while it is not closed.

    The close button of a dock only hides it, so hiding ends the part; showing takes it up again.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.session = session_of(viewer)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.destroyed.connect(partial(self.session.detach, id(self)))

    def open_session(self) -> None:
        """Take part; harmless if this is so already."""
        self.session.attach(id(self))

    def close_session(self) -> None:
        """Take no part any more; harmless if this is so already."""
        self.session.detach(id(self))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.open_session()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # a minimised window goes on working
            self.close_session()
