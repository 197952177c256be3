"""A folder of pictures with strokes, one of them damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy.batch import Batch
from napari_deep_energy.energy import RandomWalker

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def folder(tmp_path: Path, photograph, strokes) -> Path:
    """Six pictures, each another, with strokes beside them."""
    place = tmp_path / "pictures"
    place.mkdir()
    for shift, name in enumerate(NAMES):
        picture = np.roll(photograph, shift, 1)
        Image.fromarray(picture).save(place / f"{name}.png")
        Image.fromarray(strokes.astype(np.uint8)).save(place / f"{name}.strokes.png")
    return place


@pytest.fixture
def settings() -> Batch:
    return Batch(RandomWalker(beta=100.0), "analytic", formats=("tiff",))
