"""What became of each picture of a batch, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

if TYPE_CHECKING:
    from ..batch import Record

COLUMNS = ("Picture", "Status", "Seconds")
TIP = "What became of each picture; hold the mouse over a row for why."


class BatchTable(QTableWidget):
    """Grows by a row a picture."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setHorizontalHeaderLabels(COLUMNS)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setToolTip(TIP)

    def add(self, record: Record) -> None:
        """Put this one on view, at the end."""
        place = self.rowCount()
        self.insertRow(place)
        texts = (record.name, str(record.status), f"{record.seconds:.1f}")
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(record.reason or f"{record.engine}: {record.outcome}")
            self.setItem(place, column, item)
        self.scrollToBottom()
