"""Base of all docks: a column of controls that scrolls where it does not fit."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

TITLED = 330
"""Width in pixels at which the title that napari gives a dock, with the plugin's name, fits."""
SQUEEZED = 340
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

    def minimumSizeHint(self) -> QSize:
        content = self.widget().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(content.width() + bar, TITLED), min(content.height(), SQUEEZED))

    def sizeHint(self) -> QSize:
        content = self.widget().sizeHint()
        return content.expandedTo(self.minimumSizeHint())
