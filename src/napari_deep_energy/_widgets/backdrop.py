"""What a cut-out lies on: a checkerboard, a colour, or another picture of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, Signal
from skimage.transform import resize

from ..layers import OPACITY, plane_index
from ..pictures import checkerboard, to_rgb
from . import picking
from .wanted import NO_ENGINE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .session import Session

Ground: TypeAlias = "tuple[int, int, int] | Image | None"
"""None is the checkerboard; a colour is 8-bit RGB."""
BACKDROP = (NO_ENGINE, "backdrop")


class Backdrop(QObject):
    """Keeps the layer below the cut-out as it was chosen."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.ground: Ground = None
        session.subject.removed.connect(self._on_removed)
        session.results.made.connect(self._on_made)

    def choose(self, ground: Ground) -> None:
        """Put the cut-out on this."""
        self.ground = ground
        if isinstance(ground, Image):
            ground.visible = False  # seen below the cut-out from now on, not above it
        self._show()
        self.changed.emit()

    def _on_made(self, kind: str) -> None:
        if kind == "backdrop" and self.ground is not None:
            self._show()

    def _on_removed(self, layer: object) -> None:
        if layer is self.ground:
            self.choose(None)

    def _show(self) -> None:
        layer = self._session.results.layers.get(BACKDROP)
        if layer is None:
            return
        plane = pattern(self.ground, layer.data.shape[-3:-1])
        layer.data = np.broadcast_to(plane, layer.data.shape)
        # The picture shows faintly through the checkerboard, for the brush to find its way.
        layer.opacity = OPACITY["backdrop"] if self.ground is None else 1.0


def pattern(ground: Ground, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """One plane of the backdrop, (H, W, 3)."""
    if ground is None:
        return checkerboard(shape)
    if not isinstance(ground, Image):
        return np.broadcast_to(np.array(ground, np.uint8), (*shape, 3))
    return _cover(_rgb(ground), shape)


def _rgb(image: Image) -> NDArray[np.uint8]:
    """An image layer; of a stack the plane in the middle, (h, w, 3)."""
    data, spatial = picking.array_of(image), picking.spatial_shape(image)
    middle = [size / 2 for size in spatial]
    index = plane_index(spatial, (len(spatial) - 2, len(spatial) - 1), middle)
    return to_rgb(np.asarray(data[index])[..., :3] if image.rgb else data[index], spatial[-2:])


def _cover(rgb: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of a picture, scaled so that it fills ``shape`` without distortion."""
    height, width = rgb.shape[:2]
    scale = max(shape[0] / height, shape[1] / width)
    keep = (round(shape[0] / scale) or 1, round(shape[1] / scale) or 1)
    top, left = (height - keep[0]) // 2, (width - keep[1]) // 2
    part = rgb[top : top + keep[0], left : left + keep[1]]
    if part.shape[:2] == shape:
        return part
    scaled = resize(part, (*shape, 3), preserve_range=True, anti_aliasing=True)
    filled: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return filled
