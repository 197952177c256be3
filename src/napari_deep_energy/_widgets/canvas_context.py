"""Keeps the viewer's canvas from crashing when layers are removed.

napari frees the graphics buffers of a removed layer at once, in whichever OpenGL context is current
at that moment. After Qt has composed the window that is Qt's own: the canvas goes on with buffers
that were freed behind its back, and Mesa's software renderer crashes at the next paint. Making the
canvas's context current first keeps that from happening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QObject
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QMainWindow

from .controls import enclosing

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtWidgets import QWidget


class CanvasContext(QObject):
    """Makes the context of the window's canvas current before layers are freed.

    It belongs to the window and lives as long: the layers of a closed dock are removed later.
    """

    def __init__(self, viewer: ViewerModel, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        # Not "removed": napari calls its own callbacks first, whatever position is asked for.
        viewer.layers.events.removing.connect(self._make_current)

    def _make_current(self) -> None:
        if not isalive(self._window):
            return
        for canvas in self._window.findChildren(QOpenGLWidget):
            if canvas.isValid():
                canvas.makeCurrent()


def guard_canvas(viewer: ViewerModel, dock: QWidget) -> None:
    """Guard the window that ``dock`` is in, floating or not; harmless if it is guarded."""
    window = enclosing(dock, QMainWindow)
    if window is not None and window.findChild(CanvasContext) is None:
        CanvasContext(viewer, window)
