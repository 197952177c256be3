"""OME-Zarr in and out: pyramids with axes, spacing and unit, as napari's own reader opens them.

Moore et al., "OME-Zarr: a cloud-optimized bioimaging file format" (2023); version 0.5.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .errors import InvalidInput
from .extras import require
from .files import reading
from .folders import replacing_folder
from .pixel_size import SPATIAL, UNTOLD, name_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .pixel_size import PixelSize

SMALLEST = 256
"""A pyramid ends with the first level whose rows and columns are at most this many."""
CHUNK = 512
"""Rows and columns of a chunk."""


@dataclass(frozen=True, eq=False)
class OmePicture:
    """A pyramid on disk; its pixels are read when they are asked for."""

    levels: tuple[Any, ...]
    """Dask arrays, the finest first."""
    axes: str
    """One letter an axis, such as ``"czyx"``."""
    scale: tuple[float, ...]
    """Size of a pixel of the finest level along each axis."""
    units: tuple[str | None, ...]
    """Unit of each axis, where the file has one."""


def write_ome_zarr(
    path: Path,
    array: NDArray[Any],
    axes: str,
    size: PixelSize = UNTOLD,
    *,
    is_labels: bool = False,
) -> None:
    """Write an array as an OME-Zarr pyramid that appears whole or not at all.

    Parameters
    ----------
    path
        The folder to write, by custom ``*.ome.zarr``; an old one is replaced.
    array
        Any real type, NumPy or dask (written chunk by chunk, never whole in memory).
    axes
        One letter an axis, in the order t, c, z, y, x.
    size
        Of a pixel along the z, y and x axes, and its unit, such as ``"micrometer"`` or ``"µm"``.
    is_labels
        Whether coarser levels take the nearest pixel instead of a mean.

    Raises
    ------
    InvalidInput
        If the extra ``scale`` is missing, the axes do not fit, or the disk is full.
    """
    da = require("dask.array", "OME-Zarr output")
    if len(axes) != array.ndim or sorted(axes, key="tczyx".find) != list(axes):
        raise InvalidInput(
            f"axes {axes!r} do not fit an array of shape {tuple(array.shape)}; name each axis "
            "once, in the order t, c, z, y, x."
        )
    array = array.astype(np.uint8) if array.dtype == bool else array
    chunks = tuple(CHUNK if axis in "yx" else 1 for axis in axes)
    with replacing_folder(path) as draft:
        if isinstance(array, np.ndarray):
            level = da.from_array(array, chunks)
        else:  # computed once, not again for each coarser level
            level = _stored(array.rechunk(chunks), draft / "finest.tmp", da)
        da.compute(*write_levels(draft, level, axes, size, is_labels))
        shutil.rmtree(draft / "finest.tmp", ignore_errors=True)


def write_levels(
    folder: Path, finest: Any, axes: str, size: PixelSize, is_labels: bool
) -> list[Any]:
    """Delayed writes of the pyramid of a dask array, whose blocks are cheap to compute."""
    da, zarr = require("dask.array", "OME-Zarr output"), require("zarr", "OME-Zarr output")
    levels, is_told = [finest], size.unit != UNTOLD.unit
    while max(_plane(levels[-1].shape, axes)) > SMALLEST:
        levels.append(_halved(levels[-1], axes, is_labels, da))
    writer = require("ome_zarr.writer", "OME-Zarr output")
    delayed: list[Any] = writer.write_multiscale(
        levels,
        zarr.open_group(str(folder), mode="a"),
        axes=list(axes),
        scale=dict(zip(axes, size.along(axes), strict=True)),
        axes_units=dict.fromkeys(set(axes) & set(SPATIAL.lower()), name_of(size.unit))
        if is_told
        else None,
        compute=False,
    )
    return delayed


def read_ome_zarr(path: Path) -> OmePicture:
    """Open an OME-Zarr picture of version 0.4 or 0.5 without loading it.

    Raises
    ------
    InvalidInput
        If the extra ``scale`` is missing, or there is no OME-Zarr picture at ``path``.
    """
    da, zarr = require("dask.array", "OME-Zarr input"), require("zarr", "OME-Zarr input")
    with reading(path):
        group = zarr.open_group(str(path), mode="r")
        attributes = dict(group.attrs)
        first = cast("Any", attributes.get("ome", attributes))["multiscales"][0]
        axes = "".join(axis["name"] for axis in first["axes"])
        units = tuple(axis.get("unit") for axis in first["axes"])
        steps = first["datasets"][0]["coordinateTransformations"]
        found = next(step["scale"] for step in steps if step["type"] == "scale")
        scale = tuple(float(size) for size in found)
        levels = tuple(da.from_zarr(group[dataset["path"]]) for dataset in first["datasets"])
        if not len(axes) == len(units) == len(scale) == levels[0].ndim:
            raise ValueError(f"axes {axes!r} for an array of shape {levels[0].shape}")
    return OmePicture(levels, axes, scale, units)


def _plane(shape: tuple[int, ...], axes: str) -> tuple[int, ...]:
    return tuple(size for size, axis in zip(shape, axes, strict=True) if axis in "yx")


def _stored(array: Any, path: Path, da: Any) -> Any:
    array.to_zarr(str(path))
    return da.from_zarr(str(path))


def _halved(level: Any, axes: str, is_labels: bool, da: Any) -> Any:
    """The next coarser level: half the rows and columns."""
    if is_labels:
        return level[tuple(slice(None, None, 2 if axis in "yx" else 1) for axis in axes)]
    even = level[
        tuple(
            slice(0, max(1, size - size % 2)) if axis in "yx" else slice(None)
            for size, axis in zip(level.shape, axes, strict=True)
        )
    ]
    step = {
        number: 2 for number, axis in enumerate(axes) if axis in "yx" and even.shape[number] > 1
    }
    return da.coarsen(np.mean, even, step).astype(level.dtype)
