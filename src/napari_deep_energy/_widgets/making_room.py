"""Docks that would squeeze each other become tabs."""

from __future__ import annotations

from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


def make_room(column: QWidget, kind: type[QWidget]) -> None:
    """Put the dock of ``column`` on the tab of another, if the two do not fit below each other.

    Parameters
    ----------
    column
        What has just come into view.
    kind
        Docks with a widget of this kind are looked at; all others keep their place.
    """
    dock, window = _parent(column, QDockWidget), _parent(column, QMainWindow)
    if dock is None or window is None or dock.isFloating() or window.tabifiedDockWidgets(dock):
        return
    area = window.dockWidgetArea(dock)
    others = {
        other: inside
        for other in window.findChildren(QDockWidget)
        if other is not dock
        and other.isVisible()
        and not other.isFloating()
        and window.dockWidgetArea(other) == area
        and (inside := other.findChild(kind)) is not None
    }
    wanted = sum(widget.sizeHint().height() for widget in (column, *others.values()))
    if others and wanted > window.height():
        window.tabifyDockWidget(next(reversed(others)), dock)
        dock.raise_()


def _parent(widget: QWidget, kind: type[QWidget]) -> QWidget | None:
    """The nearest widget of this kind around ``widget``."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, kind):
        around = around.parentWidget()
    return around
