"""Several docks in one column of the window."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDockWidget, QMainWindow, QPushButton

from napari_deep_energy._widgets.column_dock import SQUEEZED, ColumnDock


@pytest.fixture
def window(qtbot):
    main = QMainWindow()
    qtbot.addWidget(main)
    main.resize(600, 800)
    main.show()
    return main


def add(window, controls):
    """A dock with so many controls, at the bottom of the right column."""
    column, dock = ColumnDock(), QDockWidget(window)
    for _ in range(controls):
        column.column.addWidget(QPushButton("control"))
    dock.setWidget(column)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    QTest.qWait(50)
    return dock


def test_docks_share_the_height_by_what_they_have_to_show(window, qtbot):
    long, short = add(window, 20), add(window, 10)
    qtbot.waitUntil(lambda: long.height() > 1.3 * short.height())
    assert short.widget().height() >= SQUEEZED
    assert window.height() == 800


def test_the_third_is_a_tab_of_the_second(window, qtbot):
    docks = [add(window, 10) for _ in range(3)]
    qtbot.waitUntil(lambda: docks[1] in window.tabifiedDockWidgets(docks[2]))
    assert window.tabifiedDockWidgets(docks[0]) == []
    window.removeDockWidget(docks[2])
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks[2])
    docks[2].show()  # put there by hand, it stays
    qtbot.wait(50)
    assert window.tabifiedDockWidgets(docks[2]) == []
