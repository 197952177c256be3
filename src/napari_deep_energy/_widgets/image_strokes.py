"""An image layer that holds painted labels or a trimap -> a layer of strokes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer

from ..errors import InvalidInput
from ..files import one_plane, read_strokes
from ..layers import METADATA, transforms
from ..seeds import is_trimap
from . import picking

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from .session import Session


def take_as_strokes(session: Session, viewer: ViewerModel) -> Labels:
    """Make a layer of strokes from the selected image, which is hidden, and work with it.

    Raises
    ------
    InvalidInput
        If no image is selected, or it is in colour and no file with a palette.
    """
    image = picking.itself(viewer.layers.selection.active, picking.images(viewer))
    if not isinstance(image, Image):
        raise InvalidInput("select the image layer that holds strokes or a trimap.")
    strokes = _painted(image)
    attributes = {**transforms(image), "name": f"{image.name} strokes"}
    if is_trimap(strokes):
        attributes["metadata"] = {METADATA: {"task": "matte"}}
    layer = Layer.create(strokes, attributes, "labels")
    image.visible = False  # it is no picture to be cut
    viewer.add_layer(layer)
    session.subject.choose(picking.picture_under(viewer, layer), layer)
    return layer


def _painted(image: Image) -> NDArray[Any]:
    file = Path(str(image.source.path)) if image.source.path else None
    if file is not None and file.is_file():
        return read_strokes(file)  # has the palette's indices, which napari has made colours of
    pixels = one_plane(np.asarray(picking.array_of(image)), image.name)
    if pixels.dtype.kind == "f":  # a trimap as a fraction
        pixels = np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8)
    return pixels
