"""Folders of pictures with object masks: the PASCAL VOC devkit, and plain images/masks pairs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from napari_deep_energy.errors import InvalidInput

from .objects import Objects, Selection, collect, components

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Pair = tuple[Image.Image, NDArray[np.integer]]

DEFAULT = Selection()


def read_voc(devkit: Path, split: str, size: int, selection: Selection = DEFAULT) -> Objects:
    """Objects of one split of PASCAL VOC (Everingham et al., IJCV 2010).

    Parameters
    ----------
    devkit
        The folder ``VOCdevkit``, or the ``VOC2012`` inside it.
    split
        A list in ``ImageSets/Segmentation``: ``"train"`` or ``"val"``.
    size
        Height and width to which the pictures are resized.

    Raises
    ------
    InvalidInput
        If the folder is not laid out as a devkit.
    """
    root = _voc_root(devkit)
    names = (root / "ImageSets" / "Segmentation" / f"{split}.txt").read_text().split()
    pairs = (pair for name in names if (pair := _voc_pair(root, name)))
    return collect(pairs, f"{root.name} {split}", size, selection)


def is_voc(folder: Path) -> bool:
    """Whether a folder is a VOC devkit."""
    return bool(_voc_roots(folder))


def _voc_roots(folder: Path) -> list[Path]:
    candidates = (folder, *sorted(folder.glob("VOC*"), reverse=True))
    return [root for root in candidates if (root / "ImageSets" / "Segmentation").is_dir()]


def _voc_root(devkit: Path) -> Path:
    if roots := _voc_roots(devkit):
        return roots[0]
    raise InvalidInput(
        f"{devkit} is not a VOC devkit: there is no ImageSets/Segmentation in it or in a VOC* "
        "folder below; give the folder called VOCdevkit."
    )


def _voc_pair(root: Path, name: str) -> Pair | None:
    image = root / "JPEGImages" / f"{name}.jpg"
    instances = root / "SegmentationObject" / f"{name}.png"
    classes = root / "SegmentationClass" / f"{name}.png"
    if instances.is_file():
        return _matched(image, _picture(image), _mask(instances))
    if classes.is_file():
        return _matched(image, _picture(image), components(_mask(classes)))
    return None


def read_pairs(folder: Path, size: int, selection: Selection = DEFAULT) -> Objects:
    """Objects of ``folder/images/*`` with ``folder/masks/<same name>.png``.

    A mask holds 0 for the background and one number an instance. Where 255 is its only other
    value it is a binary mask, whose connected components are the objects.
    """
    if not (folder / "images").is_dir() or not (folder / "masks").is_dir():
        raise InvalidInput(f"{folder} holds no folders images and masks; check the path.")
    return collect(_pairs(folder), folder.name, size, selection)


def _pairs(folder: Path) -> Iterator[Pair]:
    for path in sorted((folder / "images").iterdir()):
        mask = folder / "masks" / f"{path.stem}.png"
        if mask.is_file():
            instances = _mask(mask)
            if set(np.unique(instances)) <= {0, 255}:
                instances = components((instances > 0).astype(np.uint8))
            yield _matched(path, _picture(path), instances)


def _picture(path: Path) -> Image.Image:
    with _opened(path) as file:
        return file.convert("RGB")


def _mask(path: Path) -> NDArray[np.integer]:
    """Values of a grey or palette PNG, (H, W)."""
    with _opened(path) as file:
        mask = np.array(file)
    if mask.ndim != 2 or mask.dtype.kind not in "bui":
        raise InvalidInput(
            f"{path} is in colour; a mask is a grey or palette PNG with one number an instance."
        )
    return mask


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as file:
            yield file
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(
            f"{path} cannot be read as a picture ({error}); replace it, or take out both it "
            "and its mask."
        ) from error


def _matched(image: Path, picture: Image.Image, instances: NDArray[np.integer]) -> Pair:
    """Both, if they are of one size."""
    if instances.shape != (picture.height, picture.width):
        raise InvalidInput(
            f"{image} is {picture.height} x {picture.width} pixels but its mask is "
            f"{' x '.join(map(str, instances.shape))}; make them the same size."
        )
    return picture, instances


def find_sets(folder: Path) -> list[Path]:
    """Folders with pictures and masks: ``folder`` itself, or those in it."""
    candidates = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
    return [p for p in candidates if (p / "images").is_dir() and (p / "masks").is_dir()]
