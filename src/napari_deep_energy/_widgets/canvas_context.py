"""Keeps the viewer's canvas from crashing when layers are removed.

napari frees the graphics buffers of a removed layer at once, in whichever OpenGL context is current
at that moment. After Qt has composed the window that is Qt's own: the canvas goes on with buffers
that were freed behind its back, and Mesa's software renderer crashes at the next paint. Making the
canvas's context current first keeps that from happening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtOpenGLWidgets import QOpenGLWidget

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtWidgets import QWidget


class CanvasContext:
    """Makes the context of the canvas around ``dock`` current before layers are freed."""

    def __init__(self, viewer: ViewerModel, dock: QWidget) -> None:
        self._dock = dock
        events = viewer.layers.events
        # napari before 0.7 has no batches: it clears layer by layer.
        batches = (events.end_batch,) if hasattr(events, "end_batch") else ()
        self._emitters = (events.removed, *batches)

    def watch(self) -> None:
        """Connect ahead of the canvas's own callbacks; harmless if connected."""
        self.release()
        for emitter in self._emitters:
            emitter.connect(self._make_current, position="first")

    def release(self) -> None:
        """Disconnect; harmless if not connected."""
        for emitter in self._emitters:
            emitter.disconnect(self._make_current)

    def _make_current(self) -> None:
        if not isalive(self._dock):
            return
        for canvas in self._dock.window().findChildren(QOpenGLWidget):
            canvas.makeCurrent()
