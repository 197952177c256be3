"""The pictures of the interactive benchmark: objects with their true masks, and mattes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from scipy import ndimage

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SMALLEST, LARGEST = 0.02, 0.80
"""Share of the picture that an object must have; beyond, there is nothing to mark."""


@dataclass(frozen=True)
class Subject:
    """One object in one picture."""

    name: str
    image: NDArray[np.uint8]
    """(H, W, 3)"""
    mask: NDArray[np.uint8]
    """(H, W): 1 the object, 0 the rest, 255 unknown."""
    strokes: NDArray[np.int64] | None = None
    """(H, W) a user's own strokes (1 object, 2 background), where the data set has them."""


@dataclass(frozen=True)
class Cutout:
    """A picture with its true opacity and a trimap."""

    name: str
    image: NDArray[np.float64]
    """(H, W, 3) in [0, 1]."""
    alpha: NDArray[np.float64]
    """(H, W) in [0, 1]."""
    trimap: NDArray[np.float64]
    """(H, W): 0 background, 1 foreground, 0.5 unknown."""


def read_pairs(folder: Path) -> list[Subject]:
    """Objects of ``folder/image`` and ``folder/gt`` (mask > 127), with ``folder/strokes`` if there.

    Strokes are PNGs of the picture's size with 1 on the object and 2 on its background.
    """
    found = []
    for path in sorted((folder / "gt").iterdir()):
        image = next((folder / "image").glob(f"{path.stem}.*"))
        mask = (np.asarray(Image.open(path).convert("L")) > 127).astype(np.uint8)
        drawn = folder / "strokes" / f"{path.stem}.png"
        labels = np.asarray(Image.open(drawn)).astype(np.int64) if drawn.exists() else None
        found.append(Subject(path.stem, colours(image), mask, labels))
    return found


def read_voc(devkit: Path, split: str = "val") -> list[Subject]:
    """The largest object of each picture of a PASCAL VOC split (VOCdevkit/VOC2012).

    A class's connected component counts as an object, as there may be no instance masks.
    """
    found = []
    for name in (devkit / f"ImageSets/Segmentation/{split}.txt").read_text().split():
        classes = np.asarray(Image.open(devkit / f"SegmentationClass/{name}.png"))
        mask = largest_object(classes)
        if SMALLEST <= np.mean(mask == 1) <= LARGEST and (mask == 0).any():
            found.append(Subject(name, colours(devkit / f"JPEGImages/{name}.jpg"), mask))
    return found


def largest_object(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Class mask (0 background, 255 ignored) -> mask of its largest component."""
    best = np.zeros(classes.shape, bool)
    for value in set(np.unique(classes)) - {0, 255}:
        parts, count = ndimage.label(classes == value, np.ones((3, 3)))
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if sizes.max() > best.sum():
                best = parts == sizes.argmax() + 1
    return np.where(classes == 255, 255, best).astype(np.uint8)


def read_mattes(folder: Path, longest: int) -> list[Cutout]:
    """Pictures of alphamatting.com's layout, ``image``, ``alpha`` and ``trimap1``."""
    found = []
    for path in sorted((folder / "alpha").iterdir()):
        image = Image.open(next((folder / "image").glob(f"{path.stem}.*"))).convert("RGB")
        size = fitting(image.size, longest)
        alpha = Image.open(path).convert("L").resize(size, Image.Resampling.BOX)
        trimap = Image.open(folder / "trimap1" / path.name).convert("L")
        # A pixel is known only if all that it was made from is.
        grey = np.asarray(trimap.resize(size, Image.Resampling.BOX))
        found.append(
            Cutout(
                path.stem,
                np.asarray(image.resize(size, Image.Resampling.BOX)) / 255.0,
                np.asarray(alpha) / 255.0,
                np.select([grey == 0, grey == 255], [0.0, 1.0], 0.5),
            )
        )
    return found


def reduced(subject: Subject, longest: int | None) -> Subject:
    """The subject at a smaller size; ``None`` keeps its own."""
    height, width = subject.mask.shape
    if longest is None or max(height, width) <= longest:
        return subject
    size = fitting((width, height), longest)
    image = Image.fromarray(subject.image).resize(size, Image.Resampling.BOX)

    def smaller(plane: NDArray[Any]) -> NDArray[np.uint8]:
        whole = Image.fromarray(plane.astype(np.uint8))
        return np.asarray(whole.resize(size, Image.Resampling.NEAREST))

    labels = None if subject.strokes is None else smaller(subject.strokes).astype(np.int64)
    return Subject(subject.name, np.asarray(image), smaller(subject.mask), labels)


def fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Width and height with a long side of at most ``longest``."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def colours(path: Path) -> NDArray[np.uint8]:
    """A picture file as 8-bit RGB, (H, W, 3)."""
    return np.asarray(Image.open(path).convert("RGB"))
