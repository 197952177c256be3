"""Layer events -> Qt signals; each watcher can be started and stopped any number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.components import ViewerModel
    from napari.layers import Layer


class Connections:
    """Pairs of event emitter and callback that are made and undone together."""

    def __init__(self) -> None:
        self._made: list[tuple[Any, Any]] = []

    def make(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        self.undo()
        self._made = list(pairs)
        for emitter, callback in self._made:
            emitter.connect(callback)

    def undo(self) -> None:
        while self._made:
            emitter, callback = self._made.pop()
            emitter.disconnect(callback)


class LayerListWatcher(QObject):
    """Tells when layers come, go, move, are selected or renamed, and when the sliders move."""

    changed = Signal()
    inserted = Signal(object)
    removed = Signal(object)
    selected = Signal()
    moved = Signal()
    """Another plane may be on display."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._list, self._names = Connections(), Connections()

    def start(self) -> None:
        """Connect; harmless if connected."""
        layers, dims = self._viewer.layers, self._viewer.dims.events
        events = layers.events
        self._list.make(
            [
                (events.inserted, self._on_inserted),
                (events.removed, self._on_removed),
                (events.reordered, self._on_list),
                (layers.selection.events.active, self._on_selected),
                *((event, self._on_dims) for event in (dims.current_step, dims.order)),
                (dims.ndisplay, self._on_dims),
            ]
        )
        self._watch_names()

    def stop(self) -> None:
        """Disconnect; harmless if not connected."""
        self._list.undo()
        self._names.undo()

    def _watch_names(self) -> None:
        self._names.make((layer.events.name, self._on_name) for layer in self._viewer.layers)

    def _on_list(self, event: object = None) -> None:
        self._watch_names()
        self.changed.emit()

    def _on_inserted(self, event: Any) -> None:
        self._on_list()
        self.inserted.emit(event.value)

    def _on_removed(self, event: Any) -> None:
        self.removed.emit(event.value)
        self._on_list()

    def _on_selected(self, event: object = None) -> None:
        self.selected.emit()

    def _on_name(self, event: object = None) -> None:
        self.changed.emit()

    def _on_dims(self, event: object = None) -> None:
        self.moved.emit()


class LayerWatcher(QObject):
    """Tells when the data of an image or the strokes on a Labels layer may have changed.

    Undo and redo send no ``paint``, only ``set_data``, as do scripts; ``set_data`` also comes
    when nothing changed, so whoever listens compares the contents.
    """

    brushed = Signal()
    """The brush has moved and is still down, or something else redrew a part."""
    styled = Signal()
    """Another label is in hand, or the colours are others."""
    painted = Signal()
    """A stroke, a fill or a polygon is complete, or about to be written."""
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._connections = Connections()

    def start(self, layer: Layer | None) -> None:
        """Watch this layer instead of the one before."""
        self._connections.undo()
        if layer is None:
            return
        callbacks = {
            "labels_update": self._on_brush,
            "paint": self._on_paint,
            "set_data": self._on_change,
            "data": self._on_change,
            "selected_label": self._on_style,
            "colormap": self._on_style,
        }
        emitters = layer.events.emitters
        self._connections.make((emitters[n], c) for n, c in callbacks.items() if n in emitters)

    def stop(self) -> None:
        """Disconnect; harmless if not connected."""
        self._connections.undo()

    def _on_brush(self, event: object = None) -> None:
        self.brushed.emit()

    def _on_paint(self, event: object = None) -> None:
        self.painted.emit()

    def _on_change(self, event: object = None) -> None:
        self.changed.emit()

    def _on_style(self, event: object = None) -> None:
        self.styled.emit()
