"""Several objects at once, each with its own label, from the same simulated strokes.

    python benchmarks/several.py --data FOLDER [--limit N] [--longest N] [--json FILE]

FOLDER holds ``VOCdevkit/VOC2012``. Of its val split the last pictures of two to four objects and
some background are taken, a class's connected component counting as one: choices were made on
pictures at the beginning of the list. Each object gets strokes, and what is left gets some of its
own. ``iou_*`` is the mean over the objects of a picture, then over pictures:

- ``default``: what ``segment`` and the dock give;
- ``strokes``: the same with ``objects=False``;
- ``random_walker``: scikit-image's, on the colours, at its default beta, exact (``mode="bf"``).

``better_than_strokes`` is the share of pictures on which the default beats ``strokes``.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from napari_deep_energy.training.objects import BACKGROUND, IGNORED, components
from napari_deep_energy.training.simulated_user import GROUND, OBJECT, iou, strokes
from pictures_with_masks import SMALLEST, colours, fitting
from PIL import Image
from skimage.segmentation import random_walker

from napari_deep_energy import segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

COUNTS = range(2, 5)


def pictures(devkit: Path, longest: int) -> Iterator[tuple[str, Image.Image, Image.Image]]:
    """Name, picture and objects (0 none, 1, 2, ..., 255 unknown) of at most that long side."""
    for name in reversed((devkit / "ImageSets/Segmentation/val.txt").read_text().split()):
        classes = np.asarray(Image.open(devkit / f"SegmentationClass/{name}.png"))
        numbers = numbered(classes)
        count = np.unique(numbers[(numbers > 0) & (numbers < IGNORED)]).size
        if count in COUNTS and (numbers == BACKGROUND).mean() >= SMALLEST:
            picture = Image.fromarray(colours(devkit / f"JPEGImages/{name}.jpg"))
            size = fitting(picture.size, longest)
            objects = Image.fromarray(numbers).resize(size, Image.Resampling.NEAREST)
            yield name, picture.resize(size, Image.Resampling.BOX), objects


def numbered(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Objects of a class mask by their number; what is too small for one is unknown."""
    parts = components(classes)
    objects = [part for part in np.unique(parts) if part not in (BACKGROUND, IGNORED)]
    numbers = np.where(parts == BACKGROUND, BACKGROUND, IGNORED).astype(np.uint8)
    large = [part for part in objects if (parts == part).mean() >= SMALLEST]
    for number, part in enumerate(large, 1):
        numbers[parts == part] = number
    return numbers


def drawn(numbers: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.int64]:
    """Strokes on each object by its number, and on the rest by the next one."""
    count = int(numbers[numbers < IGNORED].max())
    labels = np.zeros(numbers.shape, np.int64)
    for number in range(1, count + 1):
        labels[strokes(mask_of(numbers, number), random) == OBJECT] = number
    anything = np.where(numbers == IGNORED, IGNORED, numbers > 0).astype(np.uint8)
    labels[strokes(anything, random) == GROUND] = count + 1
    return labels


def mask_of(numbers: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """One of the objects, as :func:`strokes` takes it."""
    return np.where(numbers == IGNORED, IGNORED, numbers == number).astype(np.uint8)


def answers(image: NDArray[np.uint8], labels: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Labels (H, W) of each method."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the factorisation is slow
        peer = random_walker(image, labels, mode="bf", channel_axis=-1)
    return {
        "default": segment(image, labels, engine="analytic").labels,
        "strokes": segment(image, labels, engine="analytic", objects=False).labels,
        "random_walker": peer,
    }


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--limit", type=int, default=40, help="pictures at most")
    parser.add_argument("--longest", type=int, default=256, help="long side of the pictures")
    options = parser.parse_args()
    devkit = options.data / "VOCdevkit" / "VOC2012"
    if not devkit.is_dir():
        parser.error(f"{options.data} holds no VOCdevkit/VOC2012")
    scores: dict[str, list[float]] = {}
    for name, picture, objects in pictures(devkit, options.longest):
        image, numbers = np.asarray(picture), np.asarray(objects)
        labels = drawn(numbers, np.random.default_rng([ord(letter) for letter in name]))
        count = labels.max() - 1
        for method, answer in answers(image, labels).items():
            each = [iou(mask_of(numbers, k), answer == k) for k in range(1, count + 1)]
            scores.setdefault(method, []).append(float(np.mean(each)))
        print(".", end="", flush=True)  # a picture takes seconds
        if len(scores["default"]) == options.limit:
            break
    found = {f"iou_{method}": float(np.mean(each)) for method, each in scores.items()}
    better = np.greater(scores["default"], scores["strokes"])
    found |= {"pictures": len(better), "better_than_strokes": float(better.mean())}
    print()
    for key, value in found.items():
        print(f"{key:24} {value:.4f}")
    write_figures(options.json, found)


if __name__ == "__main__":
    main()
