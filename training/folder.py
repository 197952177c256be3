"""A folder of the user's own pictures, without labels: what fine-tuning works on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.images import normalise
from napari_deep_energy.picture_files import read_array

from .data import HELD_OUT_SHARE
from .objects import Objects, Selection, collect
from .regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}
CROPS = 4
"""Square pieces taken of each picture, from its own resolution to the whole of it."""
PLANES = 16
"""Of a stack at most this many, evenly spaced."""


class InvalidFolder(InvalidInput):
    """No picture of the folder can be used; the message says why of each."""


@dataclass(frozen=True)
class Unlabelled:
    """What was found in a folder."""

    train: Objects
    """Crops of the pictures with regions found in them as their objects."""
    held_out: Objects
    """The same of other files, a fifth of them."""
    skipped: tuple[str, ...]
    """Files that could not be used, each with the reason."""


def read_folder(folder: Path, size: int, selection: Selection, seed: int = 0) -> Unlabelled:
    """Read every picture of a folder, sub-folders not included.

    Parameters
    ----------
    folder
        PNG, JPEG, BMP or TIFF, stacks included; 8-bit, 16-bit or float, grey or colour, of any
        mixture of sizes.
    size
        Height and width of the crops.

    Raises
    ------
    InvalidFolder
        If there is no folder or no usable picture in it.
    """
    if not folder.is_dir():
        raise InvalidFolder(f"there is no folder {folder}; check the path.")
    skipped: list[str] = []
    generator = np.random.default_rng(seed)
    files = sorted(p for p in folder.iterdir() if p.is_file())
    found = [_cut(path, size, skipped, generator) for path in files]
    groups = [pairs for pairs in found if pairs]
    if len(groups) == 1:  # one stack, perhaps: its crops have to do
        groups = [[pair] for pair in groups[0]]
    groups = [groups[k] for k in generator.permutation(len(groups))]
    held_out = round(HELD_OUT_SHARE * len(groups)) or 1
    name = f"{folder.name} (unlabelled)"
    try:
        train, held = (
            collect(chain.from_iterable(part), name, size, selection)
            for part in (groups[held_out:], groups[:held_out])
        )
    except InvalidInput as error:
        reasons = "; ".join(skipped) or "too few pictures with regions in them"
        raise InvalidFolder(f"{folder} cannot be trained on: {reasons.rstrip('.')}.") from error
    return Unlabelled(train, held, tuple(skipped))


def _cut(
    path: Path, size: int, skipped: list[str], generator: np.random.Generator
) -> list[tuple[Image.Image, NDArray[np.int32]]]:
    """Crops of a file with their regions."""
    return [
        (crop, regions(crop, generator))
        for picture in _pictures(path, skipped)
        for crop in crops(picture, size, generator)
    ]


def _pictures(path: Path, skipped: list[str]) -> Iterator[NDArray[np.uint8]]:
    """RGB planes of a file; a file that cannot be used is noted and yields nothing."""
    if path.suffix.lower() not in SUFFIXES:
        skipped.append(f"{path.name}: not a PNG, JPEG, BMP or TIFF")
        return
    try:
        for plane in planes(read_array(path)):
            yield to_rgb(plane, path.name)
    except InvalidInput as error:
        skipped.append(f"{path.name}: {str(error).removeprefix(path.name).strip()}")


def planes(array: NDArray[Any]) -> list[NDArray[Any]]:
    """Pictures (H, W) or (H, W, C) of an array with any number of leading axes.

    Raises
    ------
    InvalidInput
        If it is not a picture or a stack of them.
    """
    array = np.squeeze(array)
    if array.ndim == 2:
        return [array]
    if array.ndim < 2:
        raise InvalidInput(f"has shape {array.shape}; it is not a picture")
    is_colour = array.shape[-1] in (3, 4)
    tail = array.shape[-3:] if is_colour else array.shape[-2:]
    stack = array.reshape(-1, *tail)
    chosen = np.unique(np.linspace(0, len(stack) - 1, min(PLANES, len(stack))).astype(int))
    return [stack[k] for k in chosen]


def to_rgb(plane: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """(H, W) or (H, W, 3 or 4), any type -> (H, W, 3) uint8."""
    if min(plane.shape[:2]) < 32:
        raise InvalidInput(f"is {plane.shape[0]} x {plane.shape[1]} pixels; at least 32 are needed")
    values = normalise(plane[..., :3] if plane.ndim == 3 else plane, name)
    values = values if values.ndim == 3 else np.repeat(values[..., None], 3, -1)
    return np.rint(255 * values).astype(np.uint8)


def crops(
    picture: NDArray[np.uint8], size: int, generator: np.random.Generator
) -> Iterator[Image.Image]:
    """Squares of a picture (H, W, 3), from ``size`` pixels up to the shorter side."""
    height, width = picture.shape[:2]
    shorter = min(height, width)
    for side in np.geomspace(min(size, shorter), shorter, CROPS).round().astype(int):
        top = generator.integers(height - side + 1)
        left = generator.integers(width - side + 1)
        piece = picture[top : top + side, left : left + side]
        yield Image.fromarray(piece).resize((size, size), Image.Resampling.BILINEAR)
