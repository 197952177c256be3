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
        self._is_new = True
        self._settle = single_shot(self, 0, self._find_room)

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
            self._settle.start()  # once the window has laid it out

    def _find_room(self) -> None:
        """Share the column's height with others of ours; the third and later ones become tabs."""
        window, mine = self.window(), enclosing(self, QDockWidget)
        if not isinstance(window, QMainWindow) or not isinstance(mine, QDockWidget):
            return
        if not self.isVisible():  # hidden again meanwhile
            return
        columns = [column for column in window.findChildren(ColumnDock) if column.isVisible()]
        wanted = {enclosing(column, QDockWidget): column.sizeHint().height() for column in columns}
        area = window.dockWidgetArea(mine)
        above = [
            dock
            for dock in wanted
            if dock is not mine and isinstance(dock, QDockWidget) and not dock.isFloating()
            if window.dockWidgetArea(dock) == area
        ]
        if self._is_new and len(above) > 1:
            window.tabifyDockWidget(max(above, key=QDockWidget.y), mine)
            mine.raise_()
        else:  # Qt gives the newest all that it can
            docks = [*above, mine]
            window.resizeDocks(docks, [wanted[dock] for dock in docks], Qt.Orientation.Vertical)
        self._is_new = False
