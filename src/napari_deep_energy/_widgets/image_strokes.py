"""An image layer that holds painted labels or a trimap -> a layer of strokes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from PIL import Image as Picture

from ..errors import InvalidInput
from ..files import is_file, reading
from ..layers import METADATA, transforms
from ..picture_files import TIFF, one_plane, read_strokes
from ..seeds import is_trimap, labels_from_trimap
from . import picking
from .classes import palette

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from .session import Session

MOST_PIXELS = 2**28
"""More are not read into a layer to paint on."""


def take_as_strokes(session: Session, viewer: ViewerModel) -> Labels:
    """Make a layer of strokes from the selected image, which is hidden, and work with it.

    Raises
    ------
    InvalidInput
        If no image is selected, there is no other of its size to work on, or it is no painted
        plane: in colour without a palette, too large, or neither integers nor a trimap.
    """
    image = picking.itself(viewer.layers.selection.active, picking.images(viewer))
    if not isinstance(image, Image):
        raise InvalidInput("select the image layer that holds strokes or a trimap.")
    strokes = _painted(image)
    attributes = {**transforms(image), "name": f"{image.name} strokes", "colormap": palette()}
    if is_trimap(strokes):
        # As strokes it can be painted on: a 1 among 0, 128 and 255 would make it no trimap.
        strokes = labels_from_trimap(strokes).astype(np.uint8)
        attributes["metadata"] = {METADATA: {"task": "matte"}}
    layer = Layer.create(strokes, attributes, "labels")
    others = [other for other in picking.images(viewer) if other is not image]
    picture = next((other for other in reversed(others) if picking.fits(other, layer)), None)
    if picture is None:
        raise InvalidInput(
            f"no other picture has the size of {image.name}; open the picture to work on first."
        )
    image.visible = False  # it is no picture to be cut
    viewer.add_layer(layer)
    session.subject.choose(picture, layer)
    return layer


def _painted(image: Image) -> NDArray[Any]:
    """A copy of what the layer shows, (H, W) integers: it will be painted on."""
    file = Path(str(image.source.path)) if image.source.path else None
    if image.rgb and file is not None and _has_palette(file):
        return read_strokes(file).copy()  # the indices, which napari has made colours of
    if math.prod(picking.spatial_shape(image)) > MOST_PIXELS:
        raise InvalidInput(f"{image.name} is too large to paint on; give its strokes as a file.")
    with reading():
        pixels = one_plane(np.array(picking.array_of(image)), image.name)
    if pixels.dtype.kind == "f":  # a trimap as a fraction
        if not ((pixels >= 0) & (pixels <= 1)).all():
            raise InvalidInput(
                f"{image.name} holds other numbers than 0 to 1; convert it to an integer type."
            )
        pixels = np.round(255 * pixels).astype(np.uint8)
    if pixels.dtype.kind not in "bui":
        raise InvalidInput(f"{image.name} has type {pixels.dtype}; strokes are integers.")
    return pixels


def _has_palette(path: Path) -> bool:
    """Whether a file is a picture of palette indices."""
    if not is_file(path) or path.suffix.lower() in TIFF:
        return False
    try:
        with Picture.open(path) as picture:
            return picture.mode == "P"
    except (OSError, ValueError, SyntaxError):  # a format that others read
        return False
