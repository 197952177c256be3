"""Pictures, strokes and results on disk; a file appears under its name whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import imageio.v3 as iio
import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

from .errors import InvalidInput
from .images import without_alpha

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

TIFF = {".tif", ".tiff"}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside ``path`` that takes its place when the block ends without an error.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to, or the disk is full.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.chmod(0o644)  # some writers keep their files to themselves
        draft.replace(path)
    except OSError as error:
        raise InvalidInput(f"cannot write {path} ({error.strerror or error}).") from error
    finally:
        with suppress(OSError):  # the folder itself may not be there
            draft.unlink()


def read_image(path: Path) -> NDArray[Any]:
    """Read a PNG, JPEG, TIFF or other picture as (H, W) or (H, W, C); opacity is dropped.

    Raises
    ------
    InvalidInput
        If the file is missing, damaged, or not a single 2D picture.
    """
    image = without_alpha(np.squeeze(_read(path, "picture")))
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
    strokes = np.squeeze(_read(path, "strokes file"))
    if strokes.ndim == 3 and strokes.shape[-1] in (2, 3, 4):
        colours = strokes[..., : 1 if strokes.shape[-1] == 2 else 3]
        if (colours == colours[..., :1]).all():
            strokes = colours[..., 0]
    if strokes.ndim != 2:
        raise InvalidInput(
            f"{path.name} has shape {strokes.shape}; strokes are one grey plane: 0 unlabelled, "
            "1, 2, ... the classes."
        )
    return strokes


def _read(path: Path, what: str) -> NDArray[Any]:
    if not path.is_file():
        raise InvalidInput(f"there is no {what} at {path}; check the path.")
    try:
        if path.suffix.lower() in TIFF:
            return np.asarray(tifffile.imread(path))
        with Image.open(path) as picture:
            if picture.mode in ("P", "1", "L", "I", "I;16", "RGB", "RGBA", "LA"):
                indexed = picture.mode != "P" or what != "picture"
                return np.asarray(picture if indexed else picture.convert("RGB"))
        return np.asarray(iio.imread(path))
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, IndexError) as error:
        raise InvalidInput(f"{path.name} cannot be read as a {what} ({error}).") from error


def write_array(path: Path, array: NDArray[Any], axes: str) -> None:
    """Write a TIFF whose ``axes`` (such as ``"CYX"``) are recorded in the file."""
    with replacing(path) as draft:
        kind = "minisblack"  # planes are classes, not colours
        tifffile.imwrite(
            draft, array, photometric=kind, compression="zlib", metadata={"axes": axes}
        )


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a PNG, (H, W, 3) or (H, W, 4)."""
    with replacing(path) as draft:
        iio.imwrite(draft, picture)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write plain values as JSON."""
    write_text(path, json.dumps(report, indent=2) + "\n")
