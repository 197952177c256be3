"""Layers -> a request for all of a picture, and its answer -> a layer below the strokes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer

from ..crops import Enlarged
from ..errors import InvalidInput
from ..layers import METADATA, result_tuple, shrunk
from . import picking
from .whole_work import WholeAnswer, WholeRequest, ways_of
from .wording import NO_IMAGE, NO_STROKES

if TYPE_CHECKING:
    from pathlib import Path

    from .session import Session
    from .whole_work import Way


_COUNT = count()
CALLED: dict[Way, str] = {
    "volume": "whole",
    "tiles": "whole",
    "network": "whole, network and solver",
    "planes": "painted planes",
}
"""What the result of each way is called."""


def wholes_of(session: Session) -> list[Layer]:
    """The results for all of the picture that is worked on, the newest last."""
    image = session.subject.image
    found = [
        layer
        for layer in session.subject.viewer.layers
        if image is not None and _mark(layer)[0] == image.unique_id
    ]
    return sorted(found, key=lambda layer: layer.metadata[METADATA]["made"])


def latest_of(session: Session) -> Layer | None:
    """The newest of them that is of the task at hand."""
    kind = {"segment": Labels, "matte": Image}[session.choices.task]
    return next((x for x in reversed(wholes_of(session)) if isinstance(x, kind)), None)


def _mark(layer: Layer) -> tuple[object, object]:
    """Image and way of a result for a whole picture."""
    mark: tuple[object, object] = layer.metadata.get(METADATA, {}).get("whole", (None, None))
    return mark


def request_of(session: Session, way: Way, folder: Path) -> WholeRequest:
    """What would have to be done for the layers that are chosen now.

    Raises
    ------
    InvalidInput
        If a layer is missing, or their shapes do not go together.
    """
    subject = session.subject
    picture, image, seeds = subject.plane(), subject.image, subject.seeds
    if picture is None or image is None:
        raise InvalidInput(NO_IMAGE)
    if seeds is None:
        raise InvalidInput(NO_STROKES)
    if way not in ways_of(picture, session.choices.task):
        raise InvalidInput(
            f"the picture has shape {picture.shape}; flat pictures and stacks of planes can be "
            "answered whole, one time point or channel at a time."
        )
    array = picking.array_of(seeds)
    factor = picking.shrinkage_of(seeds)
    if tuple(array.shape) != shrunk(picture.shape, factor):
        raise InvalidInput(
            f"the strokes have shape {tuple(array.shape)} but the picture {picture.shape}; press "
            "New for strokes that lie over all of it."
        )
    size = picking.pixel_size_of(image, len(picture.shape))
    strokes: Any = np.array(array)  # the worker's own copy
    if factor > 1 and len(picture.shape) == 2:
        strokes = Enlarged(strokes, factor, (picture.shape[0], picture.shape[1]))
    elif factor > 1:
        strokes = np.kron(strokes, np.ones((1, factor, factor), strokes.dtype))
        strokes = strokes[:, : picture.shape[1], : picture.shape[2]]
    return WholeRequest(picture, strokes, size, session.choices, way, folder)


def show(session: Session, request: WholeRequest, answer: WholeAnswer) -> Layer:
    """Put the answer into the viewer.

    Raises
    ------
    InvalidInput
        If the layers are gone: nobody watches them while the dock is closed.
    """
    subject = session.subject
    layers = subject.viewer.layers
    if subject.image not in layers or subject.seeds not in layers:
        raise InvalidInput("the picture or its strokes were deleted meanwhile; open them again.")
    assert subject.image is not None  # for mypy
    assert subject.seeds is not None
    is_labels = np.issubdtype(answer.levels[0].dtype, np.integer)
    kind: Any = "labels" if is_labels else "alpha"
    name = f"{subject.image.name}: {kind} ({CALLED[request.way]})"
    data, attributes, layer_type = result_tuple(kind, name, answer.levels[0], subject.image)
    if len(answer.levels) > 1:
        data, attributes["multiscale"] = list(answer.levels), True
    if is_labels:
        attributes["colormap"] = subject.seeds.colormap
    mark = (subject.image.unique_id, request.way)
    attributes["metadata"][METADATA] |= {"whole": mark, "made": next(_COUNT)}
    for old in wholes_of(session):
        if _mark(old) == mark:
            layers.remove(old)
        else:
            old.visible = False  # one over the other, none can be seen
    # Not among the session's results: those are written into, and saved as a whole.
    layer, active = Layer.create(data, attributes, layer_type), layers.selection.active
    layers.insert(layers.index(subject.seeds), layer)
    layers.selection.active = active
    return layer
