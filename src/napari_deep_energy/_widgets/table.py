"""The comparison as a table: a row a number, a column an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from .wording import milliseconds

if TYPE_CHECKING:
    from ..comparison import Comparison

ROWS = {
    "energy": (
        "Energy",
        "What both engines try to make small: how much the answer varies where the picture does "
        "not, plus how far it is from the strokes.",
    ),
    "gap": (
        "Gap",
        "Energy above the lowest possible one, over the whole picture. It needs no ground truth: "
        "0 means that no better answer exists for these strokes and settings.",
    ),
    "gap_per_pixel": (
        "Gap / pixel",
        "The gap divided by the number of pixels, to compare pictures of different sizes.",
    ),
    "residual": (
        "Residual",
        "How far the worst pixel is from balance with its neighbours; 0 at the minimum.",
    ),
    "milliseconds": ("Time", "Of the solve alone, on the device in the state line."),
    "outcome": ("Outcome", "exact: the minimum up to rounding. estimate: one pass of the network."),
}
CLASS_TIP = "Overlap of the two label pictures in this class alone; 1 is the same."
MEASURES = {
    "mean IoU": "Overlap of the two label pictures, averaged over the classes; 1 is the same.",
    "MSE": "Mean squared difference of the two alphas; 0 is the same.",
}
MOST_CLASSES = 8
"""Rows of classes that are on view without scrolling."""
COLUMNS = ("Network", "Analytic")


class ComparisonTable(QTableWidget):
    """Numbers of the two engines, and how far they agree."""

    def __init__(self) -> None:
        super().__init__(len(ROWS) + 1, len(COLUMNS))
        self.setHorizontalHeaderLabels(COLUMNS)
        self.setVerticalHeaderLabels([*(text for text, _ in ROWS.values()), "Agreement"])
        self.setSpan(len(ROWS), 0, 1, 2)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setDefaultSectionSize(24)
        self.clear_numbers()
        self.setToolTip("Network against the analytic (exact) solver, on the same strokes.")

    def clear_numbers(self) -> None:
        """Put no numbers on view."""
        self._make_rows(())
        for place, (_, tip) in enumerate(ROWS.values()):
            self._fill(place, ("", ""), tip)
        self._fill(len(ROWS), ("",), "How far the two answers agree.")

    def show_comparison(self, comparison: Comparison) -> None:
        """Put these numbers on view."""
        for place, (name, (_, tip)) in enumerate(ROWS.items()):
            self._fill(place, [_shown(name, getattr(row, name)) for row in comparison.rows], tip)
        text = f"{comparison.measure} {comparison.agreement:.4g}"
        self._make_rows(tuple(comparison.class_iou))
        self._fill(len(ROWS), (text,), MEASURES[comparison.measure])
        for place, iou in enumerate(comparison.class_iou.values(), start=len(ROWS) + 1):
            self._fill(place, (f"IoU {iou:.4g}",), CLASS_TIP)

    def _make_rows(self, classes: tuple[int, ...]) -> None:
        """One row a class below the others."""
        first = len(ROWS) + 1
        self.setRowCount(first + len(classes))
        for place, value in enumerate(classes, start=first):
            self.setSpan(place, 0, 1, 2)
            self.setVerticalHeaderItem(place, QTableWidgetItem(f"Class {value}"))
        shown = min(len(classes), MOST_CLASSES)
        self.setFixedHeight(24 * (first + shown + 1) + 8)

    def _fill(self, place: int, texts: tuple[str, ...] | list[str], tip: str) -> None:
        self.verticalHeaderItem(place).setToolTip(tip)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(tip)
            self.setItem(place, column, item)


def _shown(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    if name == "milliseconds":
        return milliseconds(value / 1000)
    return f"{value:.4g}"
