"""Small training sets from scikit-image's own pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari_deep_energy.training.evaluation import HeldOut
from napari_deep_energy.training.objects import Objects, Selection, collect
from napari_deep_energy.training.recipe import Recipe, Stage
from PIL import Image
from skimage import data

if TYPE_CHECKING:
    from pathlib import Path


def pictures() -> list[np.ndarray]:
    """Four RGB photographs, 96 x 96."""
    wholes = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    return [np.array(Image.fromarray(whole).resize((96, 96))) for whole in wholes]


@pytest.fixture(scope="session")
def objects() -> Objects:
    """A disk and a rectangle on each of four photographs, 48 x 48."""
    rows, columns = np.mgrid[:96, :96]
    instances = np.zeros((96, 96), np.int32)
    instances[(rows - 40) ** 2 + (columns - 36) ** 2 < 400] = 1
    instances[70:90, 20:80] = 2
    pairs = [(Image.fromarray(p), instances) for p in pictures()]
    return collect(pairs, "photographs", 48, Selection())


@pytest.fixture
def recipe() -> Recipe:
    """A run of eight tiny steps."""
    return Recipe(
        stages=(Stage(4, (24,), 4 * 24 * 24), Stage(4, (24, 32), 4 * 32 * 32)),
        measure_every=4,
        held_out=2,
        held_out_size=32,
        cache=48,
    )


@pytest.fixture
def held_out(objects: Objects, recipe: Recipe) -> HeldOut:
    """Two held-out problems, 32 x 32."""
    return HeldOut.build(objects.first(2), recipe.energy, 32)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """A devkit of two training pictures and one validation picture."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (root / name).mkdir(parents=True)
    classes = np.zeros((96, 96), np.uint8)
    classes[10:40, 10:40] = 8
    classes[60:90, 10:40] = 8
    classes[20:60, 60:90] = 12
    classes[40:42, 10:40] = 255
    for name, picture in zip(("a", "b", "c"), pictures(), strict=False):
        Image.fromarray(picture).save(root / "JPEGImages" / f"{name}.jpg")
        mask = Image.fromarray(classes).convert("P")
        mask.putdata(classes.ravel().tolist())
        mask.save(root / "SegmentationClass" / f"{name}.png")
    lists = root / "ImageSets" / "Segmentation"
    (lists / "train.txt").write_text("a\nb\n")
    (lists / "val.txt").write_text("c\n")
    return tmp_path / "VOCdevkit"
