"""A hand with a mouse on the canvas of a real viewer: press, move, release, as Qt delivers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMainWindow, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    import napari

MOVE_MS = 8
"""Between two moves, as by a mouse that reports 125 times a second."""


class Hand:
    """Moves over the picture in the coordinates of its pixels (row, column)."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._canvas = canvas_on_view()

    def press(self, place: Sequence[float]) -> None:
        """Put the brush down; ValueError where the place is out of view: no mouse could."""
        if not self._canvas.rect().contains(self._point(place).toPoint()):
            raise ValueError(f"place {tuple(place)} is out of the canvas; zoom out first")
        self._send(QEvent.Type.MouseMove, place, down=False)
        self._send(QEvent.Type.MouseButtonPress, place, down=True)

    def move(self, place: Sequence[float]) -> None:
        """Draw on; returns when the window has had the time between two moves."""
        self._send(QEvent.Type.MouseMove, place, down=True)
        QTest.qWait(MOVE_MS)

    def release(self, place: Sequence[float]) -> None:
        """Lift the brush."""
        self._send(QEvent.Type.MouseButtonRelease, place, down=False)

    def stroke(self, places: Sequence[Sequence[float]]) -> None:
        """All of it."""
        self.press(places[0])
        for place in places[1:]:
            self.move(place)
        self.release(places[-1])

    def _point(self, place: Sequence[float]) -> QPointF:
        """Where the canvas shows that place."""
        centre, zoom = np.array(self._viewer.camera.center[-2:]), self._viewer.camera.zoom
        size = np.array([self._canvas.height(), self._canvas.width()])
        row, column = size / 2 + (np.asarray(place) - centre) * zoom
        return QPointF(float(column), float(row))

    def _send(self, kind: QEvent.Type, place: Sequence[float], *, down: bool) -> None:
        point = self._point(place)
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = none if kind == QEvent.Type.MouseMove else left
        held = left if down else none
        modifiers = Qt.KeyboardModifier.NoModifier
        where = self._canvas.mapToGlobal(point)
        QApplication.sendEvent(
            self._canvas, QMouseEvent(kind, point, where, button, held, modifiers)
        )


def canvas_on_view() -> QWidget:
    """The widget that the layers are drawn on: the largest one that OpenGL draws."""
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]
    found = [
        widget
        for window in windows
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.inherits("QOpenGLWidget")
    ]
    if not found:
        raise RuntimeError("no canvas is on view; show the viewer before you paint")
    return max(found, key=lambda widget: widget.width() * widget.height())


def wander(
    random: np.random.Generator, start: Sequence[float], steps: int, size: int
) -> list[tuple[float, float]]:
    """A smooth stroke of ``steps`` places about 4 pixels apart, inside a square picture."""
    heading = random.uniform(0, 2 * np.pi)
    place, places = np.asarray(start, float), []
    for _ in range(steps):
        places.append((float(place[0]), float(place[1])))
        heading += random.normal(0, 0.3)
        place = place + 4 * np.array([np.sin(heading), np.cos(heading)])
        if not ((place > 12) & (place < size - 12)).all():
            place, heading = np.clip(place, 12, size - 12), heading + np.pi / 2
    return places
