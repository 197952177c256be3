"""What of a huge picture is in view, and at which level: live work is done on that."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from .. import crops
from ..crops import Crop, crop_of, cropped
from .timers import single_shot
from .watching import Connections

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from ..layers import Picture

REST_MS = 250
"""How long the camera must stand still before what is in view counts."""


class Visible(QObject):
    """Cuts huge planes to what is in view."""

    moved = Signal()
    """The camera has come to rest on another part of a huge picture."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._connections = Connections()
        self._image: Image | None = None
        self._crop: Crop | None = None
        self._rest = single_shot(self, REST_MS, self._on_rest)

    def start(self) -> None:
        """Watch the camera; harmless if it is watched."""
        camera = getattr(self._viewer, "scene", self._viewer).camera  # it has moved in napari 0.9
        self._connections.make(
            [(camera.events.zoom, self._on_camera), (camera.events.center, self._on_camera)]
        )

    def stop(self) -> None:
        """Stop watching; harmless if nothing is watched."""
        self._connections.undo()
        self._rest.stop()

    def of(self, image: Image, picture: Picture) -> Picture:
        """The plane itself, or what is in view of it if it is huge."""
        if math.prod(picture.plane_shape) <= crops.WHOLE_PIXELS:
            self._crop = None
            return picture
        crop = _in_view(image, picture)
        if self._crop is None or not _is_same(crop, self._crop):
            self._image, self._crop = image, crop  # kept, so that an equal view is the same picture
        return cropped(self._crop)

    def _on_camera(self, event: object = None) -> None:
        if self._crop is not None:
            self._rest.start()

    def _on_rest(self) -> None:
        if self._crop is not None:
            self.moved.emit()


def _in_view(image: Image, picture: Picture) -> Crop:
    displayed = [axis for axis in image._slice_input.displayed if axis < image.ndim]
    is_flat = len(displayed) == 2
    number = int(image.data_level) if is_flat else -1
    level: Any = image.data[number] if image.multiscale else image.data
    corners = np.asarray(image.corner_pixels)[:, displayed] if is_flat else None
    if corners is not None and (corners[1] <= corners[0]).all():  # it was never drawn
        corners = None
    size = picture.plane_shape[0], picture.plane_shape[1]
    return crop_of(picture, level, corners, size)


def _is_same(one: Crop, other: Crop) -> bool:
    return one.array is other.array and one.index == other.index
