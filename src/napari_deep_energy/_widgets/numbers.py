"""An entry for one number of any magnitude, such as 1000 or 1e-7."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit


class NumberBox(QLineEdit):
    """A line that takes a number within limits; anything else puts the last one back."""

    edited = Signal()

    def __init__(self, tip: str, low: float, high: float) -> None:
        super().__init__()
        self._low, self._high, self._number = low, high, low
        self.setToolTip(f"{tip}\nFrom {low:g} to {high:g}.")
        self.editingFinished.connect(self._on_finished)

    @property
    def number(self) -> float:
        """The number on view."""
        return self._number

    def show_number(self, number: float) -> None:
        """Put this number on view."""
        self._number = number
        self.setText(f"{number:g}")

    def _on_finished(self) -> None:
        before = self._number
        self.show_number(self._parsed())
        if self._number != before:
            self.edited.emit()

    def _parsed(self) -> float:
        try:
            number = float(self.text())
        except ValueError:
            return self._number
        return min(max(number, self._low), self._high)
