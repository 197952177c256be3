"""What became of each picture of a batch, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

if TYPE_CHECKING:
    from ..batch import Record

COLUMNS = ("Picture", "Result")
RECORD = Qt.ItemDataRole.UserRole
TIP = (
    "What became of each picture, and why it failed.\nA double click opens picture and result in "
    "the viewer."
)


class BatchTable(QTableWidget):
    """Grows by a row a picture."""

    chosen = Signal(object)
    """The :class:`Record` of a row that was double-clicked."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.cellDoubleClicked.connect(self._on_double_click)
        self.setHorizontalHeaderLabels(COLUMNS)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.setToolTip(TIP)

    def add(self, record: Record) -> None:
        """Put this one on view, at the end."""
        place = self.rowCount()
        self.insertRow(place)
        how = record.reason or f"{record.engine}, {record.outcome}, {record.seconds:.1f} s"
        for column, text in enumerate((record.name, f"{record.status}: {how}")):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            item.setData(RECORD, record)
            self.setItem(place, column, item)
        self.resizeRowToContents(place)
        self.scrollToBottom()

    def _on_double_click(self, place: int, column: int) -> None:
        self.chosen.emit(self.item(place, column).data(RECORD))
