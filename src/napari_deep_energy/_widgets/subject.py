"""What is worked on: an image layer, a strokes layer, and the plane of both that is on display."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QObject, Signal

from ..crops import Crop
from ..layers import Index, Picture, checksum, is_result, plane_index, strokes_tuple
from . import picking
from .classes import give_palette, palette
from .solving import Request
from .visible import Visible
from .wanted import Wanted
from .watching import LayerListWatcher, LayerWatcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Image, Labels

    from .choices import Choices


class Subject(QObject):
    """Two chosen layers, watched between :meth:`start` and :meth:`stop`."""

    listed = Signal()
    """The layers that can be chosen, or their names."""
    replaced = Signal()
    """Another image or other strokes were chosen."""
    touched = Signal()
    """Pixels, strokes or the plane on display may have changed."""
    painted = Signal()
    """A stroke is complete, or about to be written."""
    styled = Signal()
    """Another label is in hand, or the colours are others."""
    brushed = Signal()
    """The brush has moved and may still be down."""
    removed = Signal(object)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.viewer = viewer
        self.image: Image | None = None
        self.seeds: Labels | None = None
        self._fingerprint: tuple[tuple[object, ...], int] = ((), 0)
        self._in_hand: object = None
        """Id of the strokes that were selected last."""
        self._layers, self._visible = LayerListWatcher(viewer), Visible(viewer)
        self._image_watch, self._seeds_watch = LayerWatcher(), LayerWatcher()
        self._layers.changed.connect(self._on_list)
        self._layers.inserted.connect(self._on_inserted)
        self._layers.selected.connect(self._on_selected)
        self._layers.removed.connect(self.removed)
        self._layers.moved.connect(self.touched)
        self._visible.moved.connect(self.touched)
        self._image_watch.changed.connect(self._on_pixels)
        self._seeds_watch.changed.connect(self.touched)
        self._seeds_watch.painted.connect(self.painted)
        self._seeds_watch.brushed.connect(self.brushed)
        self._seeds_watch.styled.connect(self.styled)

    def start(self) -> None:
        """Watch the viewer; harmless if it is watched."""
        self._layers.start()
        self._visible.start()
        self._watch()
        active = picking.itself(self.viewer.layers.selection.active, picking.strokes(self.viewer))
        self._in_hand = active and active.unique_id
        self.choose(self.image, self.seeds)

    def stop(self) -> None:
        """Stop watching; harmless if nothing is watched."""
        for watcher in (self._layers, self._visible, self._image_watch, self._seeds_watch):
            watcher.stop()

    def choose(self, image: Layer | None, seeds: Layer | None) -> None:
        """Work on these layers; what is None or gone is picked anew."""
        viewer, before = self.viewer, (self.image, self.seeds)
        self.image = picking.itself(image, picking.images(viewer)) or picking.pick_image(viewer)
        self.seeds = picking.itself(seeds, picking.strokes(viewer))
        is_new = self.image is not before[0] and self.seeds is before[1]
        if is_new and self.seeds and picking.is_of_another(viewer, self.seeds, self.image):
            self.seeds = None  # the strokes of the image before stay with that
        self.seeds = self.seeds or picking.pick_strokes(viewer, self.image)
        self.listed.emit()
        if self.image is not before[0] or self.seeds is not before[1]:
            if self.seeds is not None:
                give_palette(self.seeds)
            self._watch()
            self.replaced.emit()

    def new_strokes(self) -> Labels | None:
        """Add an empty Labels layer over the image, selected and in paint mode; then choose it.

        The image is the selected one, if an image is selected: it has just been opened, perhaps.
        """
        chosen = self.viewer.layers.selection.active
        if (selected := picking.itself(chosen, picking.images(self.viewer))) is not None:
            self.choose(selected, None)
        image, picture = self.image, self.plane()
        if image is None or picture is None:
            return None
        layer = Layer.create(*strokes_tuple(picture, image))
        layer.colormap = palette()
        picking.set_owner(layer, image)
        self.viewer.add_layer(layer)
        self.viewer.layers.selection.active = layer
        layer.brush_size = int(np.clip(max(layer.data.shape[-2:]) // 50, 3, 40))
        layer.mode = "paint"
        self.choose(image, layer)
        return layer

    def picture(self) -> Picture | None:
        """The plane of the image that is on display; of a huge one what is in view."""
        plane = self.plane()
        if plane is None or self.image is None:
            return None
        return self._visible.of(self.image, plane)

    def plane(self) -> Picture | None:
        """The plane of the image that is on display, all of it."""
        image = self.image
        if image is None:
            return None
        data, channels = picking.array_of(image), picking.has_channels(image, self.seeds)
        shape = picking.spatial_shape(image)[int(channels) :]
        return Picture(data, self.index_of(image, shape), bool(image.rgb), channels)

    def request(
        self,
        choices: Choices,
        *,
        preview: bool = False,
        compare: bool = False,
        wanted: Wanted | None = None,
    ) -> Request | None:
        """What would have to be solved now; None if a layer is missing."""
        picture, seeds = self.picture(), self.seeds
        if picture is None or seeds is None:
            return None
        array = picking.array_of(seeds)
        labels = np.asarray(array[self.index_of(seeds, array.shape)])
        if isinstance(picture.data, Crop):
            labels = picture.data.strokes(labels)
        labels = np.array(labels)  # the worker's own copy
        wanted = wanted or Wanted()
        fingerprint = self._fingerprint_of(picture)
        return Request(picture, fingerprint, labels, choices, preview, compare, wanted)

    def index_of(self, layer: Image | Labels, shape: tuple[int, ...]) -> Index:
        """Index of the plane on display among the last ``len(shape)`` axes of a layer."""
        dims, lead = self.viewer.dims, layer.ndim - len(shape)
        offset = dims.ndim - len(shape)
        displayed = [axis - offset for axis in dims.displayed if axis >= offset]
        position = layer.world_to_data(dims.point[-layer.ndim :])
        return plane_index(shape, displayed, position[lead:])

    def pixel_at(self, picture: Picture, position: Sequence[float]) -> tuple[int, int] | None:
        """Row and column in :meth:`picture` of a place in the viewer; None if none is there."""
        seeds = self.seeds
        if seeds is None:
            return None
        shape = picking.array_of(seeds).shape
        index = self.index_of(seeds, shape)
        axes = [axis for axis, part in enumerate(index) if isinstance(part, slice)]
        place = np.asarray(seeds.world_to_data(position[-seeds.ndim :]))[-len(shape) :]
        share = (place[axes] + 0.5) / np.array(shape)[axes]
        is_part = isinstance(picture.data, Crop)
        pixel = picture.data.pixel_at(share) if is_part else share * picture.plane_shape
        row, column = np.floor(pixel).astype(int).tolist()
        height, width = picture.plane_shape
        return (row, column) if 0 <= row < height and 0 <= column < width else None

    def _fingerprint_of(self, picture: Picture) -> int:
        """Checksum of the pixels, as they may be changed in place; lazy arrays cannot be."""
        if self._fingerprint[0] != picture.key:
            is_lazy = not isinstance(picture.data, np.ndarray)
            self._fingerprint = (picture.key, 0 if is_lazy else checksum(picture.load()))
        return self._fingerprint[1]

    def _watch(self) -> None:
        self._image_watch.start(self.image)
        self._seeds_watch.start(self.seeds)

    def _on_list(self) -> None:
        image = picking.itself(self.image, picking.images(self.viewer))
        if image is None and self.image is not None:  # removed: its strokes may fit no other
            fitting = picking.pick_image(self.viewer)
            fits = fitting and self.seeds is not None and picking.fits(fitting, self.seeds)
            self.choose(None, self.seeds if fits else None)
        else:
            self.choose(image, self.seeds)

    def _on_inserted(self, layer: Layer) -> None:
        if layer in picking.strokes(self.viewer) and picking.task_of(layer):
            self.choose(picking.picture_under(self.viewer, layer), layer)
            if self.image is not None:
                picking.set_owner(layer, self.image)

    def _on_selected(self) -> None:
        """Strokes that are taken up are worked on, with the image that they were made for."""
        active = self.viewer.layers.selection.active
        if active is None or is_result(active):
            return  # as while a result is put in, after which what was selected is again
        strokes = picking.itself(active, picking.strokes(self.viewer))
        before, self._in_hand = self._in_hand, strokes and strokes.unique_id
        if strokes is not None and strokes is not self.seeds and self._in_hand != before:
            image = picking.owner_of(self.viewer, strokes)
            if image is not None:
                self.choose(image, strokes)

    def _on_pixels(self) -> None:
        self._fingerprint = ((), 0)
        self.touched.emit()
