"""Layer data <-> plain arrays: the plane on display, and results as napari's LayerDataTuples."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np

from .images import opacity_of, without_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Index: TypeAlias = tuple[int | slice, ...]
LayerDataTuple: TypeAlias = tuple[Any, dict[str, Any], str]
Kind: TypeAlias = Literal[
    "labels",
    "objects",
    "alpha",
    "cut-out",
    "backdrop",
    "difference",
    "probability",
    "uncertainty",
]

METADATA = "napari-deep-energy"
"""Key in a layer's metadata under which this plugin writes: of a result its ``kind`` and
``engine``, of sample strokes the ``task`` that they were painted for, of strokes that were worked
on all that a session file needs: ``settings``, ``history``, ``names``, ``picture``."""


STROKES_SIDE = 4096
"""Longest side of a layer of strokes; one pixel of it covers several of a larger picture."""
OPACITY = {
    "labels": 0.4,
    "objects": 1.0,
    "backdrop": 0.85,
    "difference": 0.85,
    "probability": 0.6,
    "uncertainty": 0.6,
}
"""Of results that would hide the picture, where the next stroke has to go."""


class SpatialLayer(Protocol):
    """What is read of a napari layer (any version; ``units`` and ``axis_labels`` came later)."""

    ndim: int
    scale: Any
    translate: Any
    rotate: Any
    shear: Any
    affine: Any


def transforms(layer: SpatialLayer, drop: int = 0) -> dict[str, Any]:
    """Everything that places a layer in the world, as arguments for a new one.

    Parameters
    ----------
    layer
        The layer to copy from.
    drop
        How many leading axes the new layer does not have (channels).
    """
    copied: dict[str, Any] = {
        "scale": np.asarray(layer.scale)[drop:],
        "translate": np.asarray(layer.translate)[drop:],
        "rotate": np.asarray(layer.rotate)[drop:, drop:],
        "shear": _shear_matrix(layer)[drop:, drop:],
        "affine": np.asarray(layer.affine.affine_matrix)[drop:, drop:],
    }
    for name in ("units", "axis_labels"):
        if hasattr(layer, name):
            copied[name] = tuple(getattr(layer, name)[drop:])
    return copied


def _shear_matrix(layer: SpatialLayer) -> NDArray[Any]:
    shear = np.asarray(layer.shear, float)
    if shear.ndim == 2:
        return shear
    matrix = np.eye(layer.ndim)
    matrix[np.triu_indices(layer.ndim, 1)] = shear
    return matrix


def plane_index(shape: Sequence[int], displayed: Sequence[int], position: Sequence[float]) -> Index:
    """Index of the plane on display.

    Parameters
    ----------
    shape
        Of the layer's spatial axes.
    displayed
        Axes of the layer that are on display; the last two of them span the plane.
    position
        Where the sliders stand, in the layer's own pixels.
    """
    axes = sorted(displayed)[-2:]
    if len(axes) < 2:  # the layer has fewer axes than the display
        axes = [len(shape) - 2, len(shape) - 1]
    return tuple(
        slice(None) if axis in axes else int(np.clip(round(position[axis]), 0, size - 1))
        for axis, size in enumerate(shape)
    )


@dataclass(frozen=True, eq=False)
class Picture:
    """One plane of an image layer; its pixels are read when :meth:`load` is called."""

    data: Any
    """The layer's array (NumPy, dask, zarr, ...); of a multiscale layer the finest level."""
    index: Index
    """The plane, among the spatial axes."""
    rgb: bool = False
    channels: bool = False
    """Whether the first axis holds channels."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the spatial axes."""
        shape = tuple(self.data.shape)
        return shape[1:] if self.channels else shape[:-1] if self.rgb else shape

    @property
    def plane_shape(self) -> tuple[int, ...]:
        """(H, W)."""
        pairs = zip(self.shape, self.index, strict=True)
        return tuple(size for size, place in pairs if isinstance(place, slice))

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two pictures of the same plane of the same array."""
        places = tuple(place if isinstance(place, int) else None for place in self.index)
        return (id(self.data), places, self.rgb, self.channels)

    def load(self) -> NDArray[Any]:
        """(H, W), (H, W, C) if RGB, or (C, H, W); the opacity of RGBA is dropped."""
        plane = self._plane()
        return without_alpha(plane) if self.rgb else plane

    def opacity(self) -> NDArray[np.float32] | None:
        """(H, W) in [0, 1] of an RGBA picture, else None."""
        has_one = self.rgb and self.data.shape[-1] == 4
        return opacity_of(self._plane()) if has_one else None

    def _plane(self) -> NDArray[Any]:
        index = (slice(None), *self.index) if self.channels else self.index
        return np.asarray(self.data[index])


def checksum(array: NDArray[Any]) -> int:
    """Cheap fingerprint of an array's contents."""
    return zlib.crc32(np.ascontiguousarray(array).data)


def result_tuple(kind: Kind, name: str, data: NDArray[Any], layer: SpatialLayer) -> LayerDataTuple:
    """A result as napari takes it, lying exactly over the image.

    Parameters
    ----------
    kind
        What ``data`` is; it decides type and colours of the layer.
    name
        Of the new layer.
    data
        (*S, 4) cut-out, (*S, 3) backdrop, (*S) all others.
    layer
        The image layer whose pixels the result has.
    """
    rgb = kind in ("cut-out", "backdrop")
    attributes = transforms(layer, drop=layer.ndim - (data.ndim - int(rgb)))
    attributes |= {"name": name, "metadata": {METADATA: {"kind": kind}}}
    if kind in ("labels", "objects"):
        return data, attributes | {"opacity": OPACITY[kind]}, "labels"
    if rgb:
        return data, attributes | {"rgb": True, "opacity": OPACITY.get(kind, 1.0)}, "image"
    colormap = {"difference": "magma", "probability": "viridis", "uncertainty": "inferno"}.get(
        kind, "gray"
    )
    top = _brightest(data) if kind == "difference" else 1.0
    attributes |= {"colormap": colormap, "contrast_limits": (0.0, top)}
    return data, attributes | {"opacity": OPACITY.get(kind, 1.0)}, "image"


def _brightest(difference: NDArray[Any]) -> float:
    """Where the scale of a difference ends: two mattes differ little, and would look the same."""
    return min(max(float(np.quantile(difference, 0.999)), 0.05), 1.0)


def strokes_tuple(picture: Picture, layer: SpatialLayer) -> LayerDataTuple:
    """An empty layer to paint on, lying exactly over the image; over a huge one it is coarser."""
    attributes = transforms(layer, drop=layer.ndim - len(picture.shape))
    factor = shrinkage(picture.shape[-2:])
    attributes |= {"name": "strokes", "metadata": {METADATA: {"shrunk": factor}}}
    place_in(attributes, (factor, factor), ((factor - 1) / 2, (factor - 1) / 2))
    return np.zeros(shrunk(picture.shape, factor), np.uint8), attributes, "labels"


def shrinkage(size: tuple[int, ...]) -> int:
    """How many rows and columns of a plane one row and column of its strokes covers."""
    return max(1, -(-max(size) // STROKES_SIDE))


def shrunk(shape: tuple[int, ...], factor: int) -> tuple[int, ...]:
    """Shape of the strokes of a picture, of which each pixel covers ``factor`` rows and columns."""
    return (*shape[:-2], *(-(-size // factor) for size in shape[-2:]))


def place_in(
    attributes: dict[str, Any], step: tuple[float, float], origin: tuple[float, float]
) -> None:
    """Move what :func:`transforms` gave to a grid with another step and origin in the last axes."""
    scale = np.array(attributes["scale"], float)
    offset = np.zeros(len(scale))
    offset[-2:] = scale[-2:] * origin
    turned = np.asarray(attributes["rotate"]) @ np.asarray(attributes["shear"]) @ offset
    scale[-2:] *= step
    attributes["scale"], attributes["translate"] = scale, attributes["translate"] + turned


def is_result(layer: Any) -> bool:
    """Whether this plugin made the layer as an answer, so that it is no input."""
    return "kind" in layer.metadata.get(METADATA, {})
