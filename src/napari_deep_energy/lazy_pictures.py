"""Pictures and volumes on disk with their axes and spacing, opened without being loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from .errors import InvalidInput
from .extras import require
from .files import is_file, reading
from .ome import read_ome_zarr
from .picture_files import TIFF, read_array
from .pixel_size import SPATIAL, UNTOLD, PixelSize, symbol_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CHANNELS = "CS"


@dataclass(frozen=True, eq=False)
class LazyPicture:
    """An array whose axes are known."""

    data: Any
    """NumPy, dask, or a :class:`TiffArray`."""
    axes: str
    """One upper-case letter an axis: T, C, Z, Y, X, or S for the colours of a pixel."""
    spacing: tuple[float, ...]
    """Size of a pixel along each of Z, Y, X that is there; 1 where the file does not tell."""
    unit: str = "pixel"

    @property
    def size(self) -> PixelSize:
        """Spacing and unit."""
        return PixelSize(self.spacing, self.unit)

    def arranged(self, spatial: str) -> Any:
        """The array with axes ``spatial`` and at most one more for channels, others dropped.

        Raises
        ------
        InvalidInput
            If there are other axes of more than one entry, or too few.
        """
        data, axes = self.data, self.axes
        for number in reversed(range(len(axes))):
            if axes[number] not in spatial and data.shape[number] == 1:
                data = data[(slice(None),) * number + (0,)]
                axes = axes[:number] + axes[number + 1 :]
        rest = axes
        for axis in spatial:
            rest = rest.replace(axis, "", 1)
        if len(rest) > 1 or len(axes) != len(spatial) + len(rest) or rest not in ("", *CHANNELS):
            raise InvalidInput(
                f"the picture has axes {self.axes} and shape {tuple(self.data.shape)}; here "
                f"{spatial} is worked on, with channels or without."
            )
        if rest and axes.index(rest) not in (0, len(axes) - 1):  # such as ZCYX
            data = np.moveaxis(np.asarray(data), axes.index(rest), 0)
        return data


def open_picture(path: Path) -> LazyPicture:
    """Open OME-Zarr or TIFF without loading it, or load another picture.

    Raises
    ------
    InvalidInput
        If it is missing or cannot be read.
    """
    if path.is_dir():
        picture = read_ome_zarr(path)
        axes = picture.axes.upper()
        named = dict(zip(axes, picture.scale, strict=True))
        units = dict(zip(axes, picture.units, strict=True))
        spacing = tuple(named[axis] for axis in SPATIAL if axis in axes)
        return LazyPicture(picture.levels[0], axes, spacing, symbol_of(units.get("X") or "pixel"))
    if path.suffix.lower() in TIFF and is_file(path):
        return _open_tiff(path)
    array = read_array(path)
    return LazyPicture(array, "YX" if array.ndim == 2 else "YXS", (1.0, 1.0))


def pixel_size_of(path: Path) -> PixelSize:
    """What a file tells of the size of its pixels; nothing is read of a picture that cannot."""
    may_tell = path.is_dir() or path.suffix.lower() in TIFF
    return open_picture(path).size if may_tell else UNTOLD


def _open_tiff(path: Path) -> LazyPicture:
    with reading(path), tifffile.TiffFile(path) as file:
        series = file.series[0]
        axes = re.sub("[QI]", "Z", series.axes, count=1)  # unnamed planes are a stack
        sizes, unit = _spacing(file)
        data = TiffArray(path.absolute(), tuple(series.shape), np.dtype(series.dtype))
    spacing = tuple(sizes.get(axis, 1.0) for axis in SPATIAL if axis in axes)
    return LazyPicture(data, axes, spacing, unit)


class TiffArray:
    """Pixels of a TIFF, read in parts; it holds no open file, so that it can go to a cluster."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.path, self.shape, self.dtype, self.ndim = path, shape, dtype, len(shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        with reading(self.path), tifffile.TiffFile(self.path) as file:
            series = file.series[0]
            if series.dataoffset is not None:  # stored plainly
                mapped = tifffile.memmap(self.path, mode="r")
                return np.array(mapped[index])
            zarr = require("zarr", "reading a compressed TIFF in parts")
            return np.asarray(zarr.open(series.aszarr(level=0), mode="r")[index])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[...] if dtype is None else self[...].astype(dtype)


def _spacing(file: tifffile.TiffFile) -> tuple[dict[str, float], str]:
    """Size of a pixel along each axis that the file tells, and its unit."""
    if file.is_ome and file.ome_metadata:
        found = dict(re.findall(r'PhysicalSize([XYZ])="([^"]+)"', file.ome_metadata))
        units = re.findall(r'PhysicalSizeXUnit="([^"]+)"', file.ome_metadata)
        unit = symbol_of(units[0]) if units else "µm"
        return {axis: float(size) for axis, size in found.items()}, unit if found else "pixel"
    sizes: dict[str, float] = {}
    known = file.imagej_metadata or {}
    if not file.is_imagej:
        return sizes, "pixel"
    for axis, name in (("X", "XResolution"), ("Y", "YResolution")):
        if name in file.pages[0].tags:
            number, per = file.pages[0].tags[name].value
            if number:
                sizes[axis] = per / number
    if known.get("spacing"):
        sizes["Z"] = float(known["spacing"])
    return sizes, symbol_of(str(known.get("unit", "pixel")))
