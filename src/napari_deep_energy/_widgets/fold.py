"""A section of a dock that is folded away until it is wanted."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

FLAT = "text-align: left; border: none; background: transparent; padding: 2px 0px;"


class Fold(QWidget):
    """A title to click on, and controls below it, to be added to ``column``."""

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self._title = title
        self._button = QPushButton()
        self._button.setCheckable(True)
        self._button.setStyleSheet(FLAT)
        self._button.setToolTip(tip)
        self._content = QWidget()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(0, 2, 0, 4)
        self.column.setSpacing(4)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._button)
        whole.addWidget(self._content)
        self._button.toggled.connect(self.unfold)
        self.unfold(False)

    def unfold(self, is_open: bool) -> None:
        """Show or hide the controls."""
        self._button.setChecked(is_open)
        self._button.setText(f"{'▾' if is_open else '▸'} {self._title}")
        self._content.setVisible(is_open)
