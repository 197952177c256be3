"""Several docks in one column of the window."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QPushButton

from napari_deep_energy._widgets.column_dock import SQUEEZED, ColumnDock


def test_docks_share_the_height_by_what_they_have_to_show(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(600, 800)
    columns = {}
    for controls in (20, 10):
        column = columns[controls] = ColumnDock()
        for _ in range(controls):
            column.column.addWidget(QPushButton("control"))
        dock = QDockWidget(window)
        dock.setWidget(column)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.show()
    qtbot.waitUntil(lambda: columns[20].height() > 1.3 * columns[10].height())
    assert columns[10].height() >= SQUEEZED
    assert window.height() == 800
