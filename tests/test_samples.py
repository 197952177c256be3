"""Sample pictures: offline, with strokes that lead to a sensible answer."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import matte, samples, segment
from napari_deep_energy.layers import METADATA

pytestmark = pytest.mark.usefixtures("offline")
CLASSES = {"astronaut": 2, "coins": 5, "ihc": 3, "chelsea": 2, "composite": 2}
TASKS = dict.fromkeys(("astronaut", "coins", "ihc"), "segment") | dict.fromkeys(
    ("chelsea", "composite"), "matte"
)


@pytest.mark.parametrize("name", CLASSES)
def test_a_sample_is_a_picture_and_strokes_of_its_size(name):
    (image, _, kind), *_, (strokes, attributes, last) = getattr(samples, name)()
    assert (kind, last) == ("image", "labels")
    assert strokes.shape == image.shape[:2]
    assert set(np.unique(strokes)) == set(range(CLASSES[name] + 1))
    assert attributes["metadata"][METADATA]["task"] == TASKS[name]


def test_every_coin_is_found():
    (image, *_), (strokes, *_) = samples.coins()
    labels = segment(image, strokes, engine="analytic").labels
    for label, row in enumerate(samples.COIN_ROWS, start=1):
        for y, x in row:
            assert (labels[y - 12 : y + 13, x - 12 : x + 13] == label).mean() > 0.85


def test_the_true_alpha_of_the_composite_is_found():
    (image, *_), (truth, attributes, _), (strokes, *_) = samples.composite()
    assert attributes["visible"] is False
    assert truth.min() >= 0
    assert truth.max() <= 1
    alpha = matte(image, strokes, engine="analytic").alpha
    # One tenth of the error of the best constant answer, with strokes far from the hair.
    assert np.mean((alpha - truth) ** 2) < truth.var() / 10
