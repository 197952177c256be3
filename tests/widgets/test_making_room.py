"""Docks in a window that is too low for all of them."""

from __future__ import annotations

from napari_deep_energy._widgets import CompareWidget, FinetuneWidget


def test_docks_that_do_not_fit_below_each_other_become_tabs_and_go_on_working(viewer, desk, qtbot):
    window = desk.dock.window()
    window.resize(1400, 700)
    window.show()
    for kind in (CompareWidget, FinetuneWidget):
        viewer.window.add_dock_widget(kind(viewer), name=kind.__name__)
    first = desk.dock.parentWidget()
    while not hasattr(first, "isFloating"):
        first = first.parentWidget()
    qtbot.waitUntil(lambda: len(window.tabifiedDockWidgets(first)) == 2)
    assert desk.dock.height() >= desk.dock.minimumSizeHint().height()
    assert desk.dock.session.is_shared, "behind another tab a dock is not closed"
