"""Buttons, controls side by side, and rows of forms; each has its tooltip."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from . import shortcuts

Enclosing = TypeVar("Enclosing", bound=QWidget)


def button(text: str, tip: str, key: str = "") -> QPushButton:
    """A button; ``key`` is the shortcut that does the same."""
    made = QPushButton(f"{text} {shortcuts.sign(key)}" if key else text)
    made.setToolTip(f"{tip}\n{key} while the strokes layer is selected." if key else tip)
    return made


def row(*controls: QWidget) -> QWidget:
    """Controls side by side."""
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    for control in controls:
        layout.addWidget(control)
    return made


def add_row(form: QFormLayout, text: str, *controls: QWidget) -> tuple[QLabel, QWidget]:
    """Add a row to a form; its label has the tooltip of the first control."""
    label = QLabel(text)
    label.setToolTip(controls[0].toolTip())
    field = controls[0] if len(controls) == 1 else row(*controls)
    form.addRow(label, field)
    return label, field


def enclosing(widget: QWidget, kind: type[Enclosing]) -> Enclosing | None:
    """The nearest widget of this kind that ``widget`` is in."""
    place = widget.parentWidget()
    while place is not None and not isinstance(place, kind):
        place = place.parentWidget()
    return place


def sentence(text: str = "") -> QLabel:
    """Text that wraps and never widens its dock: words of a path may be as long as a window."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # a layer's name may look like HTML
    made.setWordWrap(True)
    made.setMinimumWidth(1)
    return made
