"""A folder of pictures with strokes, one of them damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy.batch import Batch, Record, find_pairs, make_jobs, run_batch
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


def answer(
    folder: Path, output: Path, settings: Batch, strokes: Path | None = None
) -> list[Record]:
    """What became of each picture of a folder."""
    return list(run_batch(make_jobs(find_pairs(folder, strokes), output, settings)))


@pytest.fixture
def settings() -> Batch:
    return Batch(RandomWalker(beta=100.0), "analytic", formats=("tiff",))
