"""Regions found without labels, for strokes to lie in."""

from __future__ import annotations

import numpy as np
import pytest
from napari_deep_energy.training import regions
from PIL import Image


@pytest.fixture
def cells():
    """Nine bright squares on a dark ground, 90 x 90, as dim as fluorescence is in 8 bits."""
    picture = np.full((90, 90, 3), 3, np.uint8)
    for row in range(9, 90, 30):
        for column in range(9, 90, 30):
            picture[row : row + 12, column : column + 12] = 40
    return picture


def test_all_of_one_colour_is_one_region(cells):
    found = regions.by_colour(regions.stretched(cells), np.random.default_rng(0))
    centres = found[15::30, 15::30]
    assert (centres == centres[0, 0]).all()
    assert found[0, 0] != centres[0, 0]


def test_a_dark_picture_is_stretched_and_noise_is_not(cells):
    assert regions.stretched(cells).max() == 1
    noise = np.random.default_rng(0).integers(3, 6, (40, 40, 3)).astype(np.uint8)
    assert regions.stretched(noise).max() < 0.1


def test_both_kinds_are_found(cells):
    picture = Image.fromarray(cells)
    found = [regions.regions(picture, np.random.default_rng(seed)) for seed in range(12)]
    first = [each == 1 for each in found if each.max()]
    cells_in_it = [len({(r // 30, c // 30) for r, c in np.argwhere(part)}) for part in first]
    assert 9 in cells_in_it  # all of a colour
    assert min(cells_in_it) < 9  # a part
