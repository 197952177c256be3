"""Base of all docks: a column of controls that scrolls where it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .controls import enclosing
from .timers import single_shot

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

TITLED = 330
"""Width in pixels at which the title that napari gives a dock, with the plugin's name, fits."""
SQUEEZED = 240
"""Height in pixels below which a dock is not pushed by the docks around it."""


class ColumnDock(QScrollArea):
    """Add the controls to ``column``."""

    def __init__(self) -> None:
        super().__init__()
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._share = single_shot(self, 0, self._share_height)

    def minimumSizeHint(self) -> QSize:
        content = self.widget().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(content.width() + bar, TITLED), min(content.height(), SQUEEZED))

    def sizeHint(self) -> QSize:
        content = self.widget().sizeHint()
        return content.expandedTo(self.minimumSizeHint())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._share.start()  # once the window has laid it out

    def _share_height(self) -> None:
        """Height by what each of our docks has to show: Qt gives the newest all that it can."""
        window = self.window()
        if not isinstance(window, QMainWindow):
            return
        columns = [column for column in window.findChildren(ColumnDock) if column.isVisible()]
        docks = {enclosing(column, QDockWidget): column.sizeHint().height() for column in columns}
        docks.pop(None, None)
        window.resizeDocks(list(docks), list(docks.values()), Qt.Orientation.Vertical)
