"""Pictures, strokes and labels on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image

from .errors import InvalidInput
from .files import is_file, reading, replacing
from .images import without_alpha
from .pixel_size import SPATIAL, UNTOLD, PixelSize, symbol_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TIFF = {".tif", ".tiff"}
PLAIN_MODES = {"1", "L", "LA", "I", "I;16", "F", "RGB", "RGBA"}
"""Pillow's modes that are taken as they are; palettes, CMYK and the like become RGB."""
LARGEST_IN_PNG = 65535
"""Label that a PNG can hold."""


def read_image(path: Path) -> NDArray[Any]:
    """Read a PNG, JPEG, TIFF or other picture as (H, W) or (H, W, C); opacity is dropped.

    Raises
    ------
    InvalidInput
        If the file is missing, damaged, or not a single 2D picture.
    """
    image = without_alpha(_without_unit_axes(read_array(path)))
    if image.ndim not in (2, 3):
        raise InvalidInput(
            f"{path.name} has shape {image.shape}; give a single picture, (H, W) or (H, W, C)."
        )
    return image


def read_strokes(path: Path) -> NDArray[Any]:
    """Read a label image or a trimap as (H, W); of a palette PNG the indices are taken.

    Raises
    ------
    InvalidInput
        If the file is missing, damaged, or in colour.
    """
    if not is_file(path):
        raise InvalidInput(f"there are no strokes at {path}; check the path.")
    return one_plane(read_array(path, indexed=True), path.name)


def one_plane(strokes: NDArray[Any], name: str) -> NDArray[Any]:
    """Painted labels or a trimap as (H, W); grey may have been saved in colour.

    Raises
    ------
    InvalidInput
        If it is in colour, or has planes.
    """
    strokes = _without_unit_axes(strokes)
    if strokes.ndim == 3 and strokes.shape[-1] in (2, 3, 4):
        colours = strokes[..., : 1 if strokes.shape[-1] == 2 else 3]
        if (colours == colours[..., :1]).all():
            strokes = colours[..., 0]
    if strokes.ndim != 2:
        raise InvalidInput(
            f"{name} has shape {strokes.shape}; strokes are one grey plane: 0 unlabelled, "
            "1, 2, ... the classes."
        )
    return strokes


def _without_unit_axes(array: NDArray[Any]) -> NDArray[Any]:
    """Drop axes of length 1 around a plane; those of the plane itself stay."""
    while array.ndim > 2 and array.shape[0] == 1 and not (array.ndim == 3 and _is_rgb(array)):
        array = array[0]
    return array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array


def _is_rgb(array: NDArray[Any]) -> bool:
    return array.shape[-1] in (3, 4) and array.dtype == np.uint8


def read_array(path: Path, indexed: bool = False) -> NDArray[Any]:
    """Everything in a picture file, as stored; of a palette the colours, or the indices.

    Raises
    ------
    InvalidInput
        If the file is missing or cannot be read.
    """
    if not is_file(path):
        raise InvalidInput(f"there is no picture at {path}; check the path.")
    with reading(path):
        if path.suffix.lower() in TIFF:
            return np.asarray(tifffile.imread(path))
        with Image.open(path) as picture:
            is_plain = picture.mode in PLAIN_MODES or (indexed and picture.mode == "P")
            return np.asarray(picture if is_plain else picture.convert("RGB"))


def axes_of(path: Path) -> str:
    """Letters of a TIFF's axes as they are recorded, such as "ZYX" or "CYX"; else nothing."""
    if path.suffix.lower() not in TIFF:
        return ""
    with reading(path), tifffile.TiffFile(path) as file:
        return str(file.series[0].axes)


def write_tiff(path: Path, array: NDArray[Any], axes: str, size: PixelSize = UNTOLD) -> None:
    """Write an OME-TIFF with axes and, where it is known, the size of a pixel.

    Parameters
    ----------
    path
        ``*.tif``.
    array
        Any real type.
    axes
        Such as ``"CZYX"``.
    size
        Of a pixel of the picture that this is a result of.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to, or the disk is full.
    """
    metadata: dict[str, Any] = {"axes": axes}
    if size.spacing:
        present = [axis for axis in SPATIAL if axis in axes]
        for axis, step in zip(present, size.along("".join(present)), strict=True):
            metadata[f"PhysicalSize{axis}"] = step
            metadata[f"PhysicalSize{axis}Unit"] = symbol_of(size.unit)
    with replacing(path) as draft:
        tifffile.imwrite(
            draft,
            array,
            ome=True,
            photometric="minisblack",  # planes are classes, not colours
            compression="zlib",
            metadata=metadata,
        )


def write_picture(path: Path, picture: NDArray[np.uint8 | np.uint16]) -> None:
    """Write a PNG, (H, W, 3) or (H, W, 4)."""
    with replacing(path) as draft:
        Image.fromarray(picture).save(draft)


def write_labels_png(path: Path, labels: NDArray[Any]) -> None:
    """Write labels (H, W) from 0 to 65535 as a grey PNG of 8 bit, or of 16 from label 256 on."""
    write_picture(path, labels.astype(np.uint8 if labels.max(initial=0) < 256 else np.uint16))
