"""A section of a dock that is folded away until it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QCollapsible

if TYPE_CHECKING:
    from qtpy.QtWidgets import QLayout

FLAT = "text-align: left; border: none; background: transparent; padding: 2px 0px;"


class Fold(QCollapsible):
    """A title to click on, and controls below it."""

    def __init__(self, title: str, tip: str) -> None:
        super().__init__(f"▸ {title}", expandedIcon=QIcon(), collapsedIcon=QIcon())
        self.setDuration(0)
        self.toggled.connect(lambda is_open: self.setText(f"{'▾' if is_open else '▸'} {title}"))
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(0, 2, 0, 4)
        self.column.setSpacing(4)
        self.setContent(content)
        layout: QLayout = self.layout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.toggleButton().setStyleSheet(FLAT)
        self.toggleButton().setToolTip(tip)
        self.collapse(animate=False)
