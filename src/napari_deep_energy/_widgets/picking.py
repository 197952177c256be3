"""Which layers can be worked on, and which ones to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels

from ..images import MOST_CHANNELS
from ..layers import METADATA, is_result, shrunk
from ..pixel_size import UNTOLD, PixelSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.components import ViewerModel
    from napari.layers import Layer

CHANNEL_NAMES = ("c", "channel", "channels")
TIME_NAMES = ("t", "time")


def images(viewer: ViewerModel) -> list[Image]:
    """Image layers that are not results of ours."""
    return [x for x in viewer.layers if isinstance(x, Image) and not is_result(x)]


def strokes(viewer: ViewerModel) -> list[Labels]:
    """Labels layers that are not results of ours."""
    return [x for x in viewer.layers if isinstance(x, Labels) and not is_result(x)]


def itself(layer: Layer | None, among: Iterable[Layer]) -> Layer | None:
    """The layer behind what may be a proxy of it; None if it is not ``among`` them."""
    return next((mine for mine in among if mine == layer), None)


def pick_image(viewer: ViewerModel) -> Image | None:
    """The selected image, else the topmost visible one."""
    choice = images(viewer)
    visible = [image for image in choice if image.visible]
    selected = itself(viewer.layers.selection.active, choice)
    return selected or next(reversed(visible or choice), None)


def pick_strokes(viewer: ViewerModel, image: Image | None) -> Labels | None:
    """The topmost Labels layer of the image's size that was not made for another image."""
    fitting = [
        labels
        for labels in strokes(viewer)
        if image is not None and fits(image, labels) and not is_of_another(viewer, labels, image)
    ]
    return next(reversed(fitting), None)


def set_owner(labels: Labels, image: Image) -> None:
    """Note which image these strokes were made for."""
    labels.metadata.setdefault(METADATA, {})["image"] = image.unique_id


def owner_of(viewer: ViewerModel, labels: Labels) -> Image | None:
    """The image of the viewer that these strokes were made for, if it is known."""
    owner = labels.metadata.get(METADATA, {}).get("image")
    return next((image for image in images(viewer) if image.unique_id == owner), None)


def is_of_another(viewer: ViewerModel, labels: Labels, image: Image | None) -> bool:
    """Whether these strokes were made for an image of the viewer that is not this one."""
    owner = owner_of(viewer, labels)
    return owner is not None and owner is not image


def picture_under(viewer: ViewerModel, labels: Labels) -> Image | None:
    """The nearest visible image below the strokes that has their size."""
    below = list(viewer.layers)[: viewer.layers.index(labels)]
    fitting = [x for x in images(viewer) if x in below and x.visible and fits(x, labels)]
    return next(reversed(fitting), None)


def fits(image: Image, labels: Labels) -> bool:
    """Whether the last two axes of both have the same length, or that of coarser strokes."""
    shape = spatial_shape(image)[-2:]
    return shrunk(shape, shrinkage_of(labels)) == spatial_shape(labels)[-2:]


def shrinkage_of(labels: Labels) -> int:
    """How many rows and columns of the picture one row and column of these strokes covers."""
    return int(labels.metadata.get(METADATA, {}).get("shrunk", 1))


def spatial_shape(layer: Image | Labels) -> tuple[int, ...]:
    """Shape of the layer's array without the colours of an RGB picture."""
    shape: tuple[int, ...] = tuple(array_of(layer).shape)
    return shape[:-1] if getattr(layer, "rgb", False) else shape


def array_of(layer: Image | Labels) -> Any:
    """The layer's array; of a multiscale layer the finest level."""
    return layer.data[0] if layer.multiscale else layer.data


def has_channels(image: Image, seeds: Labels | None = None) -> bool:
    """Whether the first of three or more axes holds channels.

    It does if the user says so, if it is named so, or if it is short and the strokes do without
    it: nobody paints flat strokes on a stack of planes.
    """
    if image.rgb or image.ndim < 3:
        return False
    said: bool | None = image.metadata.get(METADATA, {}).get("channels")
    if said is not None:
        return said
    if _first_axis(image) in CHANNEL_NAMES:
        return True
    shape = spatial_shape(image)
    is_short = shape[0] <= MOST_CHANNELS
    return is_short and seeds is not None and spatial_shape(seeds) == shape[1:]


def is_movie(image: Image) -> bool:
    """Whether the planes of a stack are points in time, as far as its axes are named."""
    return _first_axis(image) in TIME_NAMES


def _first_axis(image: Image) -> str:
    return str(getattr(image, "axis_labels", ("",))[0]).lower()


def set_channels(image: Image, is_so: bool) -> None:
    """What the user says of the first axis."""
    image.metadata.setdefault(METADATA, {})["channels"] = is_so


def pixel_size_of(image: Image, axes: int) -> PixelSize:
    """Size of a pixel along the last ``axes`` axes."""
    spacing = tuple(float(step) for step in image.scale[image.ndim - axes :])
    return PixelSize(spacing, str(image.units[-1]) if hasattr(image, "units") else UNTOLD.unit)


def task_of(labels: Labels) -> str | None:
    """The task that sample strokes were painted for."""
    task: str | None = labels.metadata.get(METADATA, {}).get("task")
    return task
