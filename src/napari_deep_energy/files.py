"""Pictures, strokes and results on disk; a file appears under its name whole or not at all."""

from __future__ import annotations

import glob
import json
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import tifffile
from PIL import Image

from .errors import InvalidInput
from .images import without_alpha
from .pixel_size import SPATIAL, UNTOLD, PixelSize, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MARK = ".draft-"
"""In the name of a file or a folder that is being written, or about to be removed."""
UNTOUCHED_SECONDS = 3600.0
"""After so long, what wrote a draft without taking it away was killed."""
TIFF = {".tif", ".tiff"}
PLAIN_MODES = {"1", "L", "LA", "I", "I;16", "F", "RGB", "RGBA"}
"""Pillow's modes that are taken as they are; palettes, CMYK and the like become RGB."""


def draft_of(path: Path) -> Path:
    """Hidden place beside ``path`` to write it to, with the same suffix.

    The name is drawn at random, so that two machines that share a disk never write to one draft.
    """
    return path.with_name(f".{path.stem}{MARK}{uuid4().hex}{path.suffix}")


def drafts_of(path: Path) -> list[Path]:
    """Drafts of this file or folder, by processes that were killed or are at work."""
    stem, suffix = glob.escape(path.stem), glob.escape(path.suffix)
    return sorted(path.parent.glob(f".{stem}{MARK}*{suffix}"))


def remove_drafts_of(path: Path, untouched: float = UNTOUCHED_SECONDS) -> None:
    """Remove the drafts of this file that nothing was written to for ``untouched`` seconds.

    None of them was ever under its final name, so nothing is lost.
    """
    for draft in drafts_of(path):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime >= untouched:
                draft.unlink()


@contextmanager
def reading(path: Path | None = None) -> Iterator[None]:
    """Say in words why a picture cannot be read: a file, or without one a layer's lazy array.

    Raises
    ------
    InvalidInput
        If anything but the memory was in the way.
    """
    try:
        yield
    except (MemoryError, InvalidInput):
        raise
    except Exception as error:  # decoders are not ours: damage ends in any error of theirs
        text = " ".join(str(error).split()) or type(error).__name__
        what, advice = "the picture cannot be read", "check its file, or open it again"
        if path is not None:
            what = f"{path.name} cannot be read as a picture"
            advice = "open it in a viewer and save it anew"
        raise InvalidInput(f"{what} ({text}); {advice}.") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words why ``path`` cannot be written.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"cannot write {path} ({error.strerror or error}); free some space, or give another "
            "folder."
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside ``path`` that takes its place when the block ends without an error.

    Raises
    ------
    InvalidInput
        As :func:`writing`.
    """
    draft = draft_of(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            draft.chmod(0o644)  # some writers keep their files to themselves
            draft.replace(path)
    finally:
        with suppress(OSError):  # the folder itself may not be there
            draft.unlink()


def make_folder(path: Path) -> None:
    """Make a folder with those above it; nothing if it is there.

    Raises
    ------
    InvalidInput
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"cannot write to the folder {path} ({error.strerror or error}); give another."
        ) from error


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


def is_file(path: Path) -> bool:
    """Whether there is a file; a path that no system would take is none."""
    try:
        return path.is_file()
    except OSError:
        return False


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


LARGEST_IN_PNG = 65535
"""Label that a PNG can hold."""


def write_picture(path: Path, picture: NDArray[np.uint8 | np.uint16]) -> None:
    """Write a PNG, (H, W, 3) or (H, W, 4)."""
    with replacing(path) as draft:
        Image.fromarray(picture).save(draft)


def write_labels_png(path: Path, labels: NDArray[Any]) -> None:
    """Write labels (H, W) from 0 to 65535 as a grey PNG of 8 bit, or of 16 from label 256 on."""
    write_picture(path, labels.astype(np.uint8 if labels.max(initial=0) < 256 else np.uint16))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file.

    For safetensors, too: their own writer has a hidden draft of its own, which nobody finds again
    after a kill.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file."""
    write_bytes(path, text.encode())


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write plain values as JSON."""
    write_text(path, json.dumps(report, indent=2) + "\n")


def file_name_of(name: str) -> str:
    """A layer's name as the name of a file: letters, digits and dashes, at most 40 of them."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)[:40] or "picture"
