"""The state line: a coloured dot and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from .controls import sentence

if TYPE_CHECKING:
    from .wording import State

COLOURS = {
    "hint": "#8aa4c8",
    "working": "#e0a030",
    "preview": "#e0d060",
    "done": "#5fb878",
    "stale": "#e0a030",
    "error": "#e06060",
}


class StateLine(QWidget):
    """What ran and how well, or what to do next."""

    def __init__(self) -> None:
        super().__init__()
        self._dot, self._text = QLabel("●"), sentence()
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self._dot, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1, Qt.AlignmentFlag.AlignTop)

    def text(self) -> str:
        """The sentence on view."""
        return str(self._text.text())

    def show_state(self, state: State) -> None:
        """Put this state on view."""
        self._dot.setStyleSheet(f"color: {COLOURS[state.mood]}")
        self._text.setText(state.text)
        self.setToolTip(state.detail or "What ran, where and how long; or what to do next.")
