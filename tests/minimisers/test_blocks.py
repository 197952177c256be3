"""The energy over blocks of pixels is the energy itself, of pixels that move together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy.energy import COLOUR, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.minimisers import SparseDirect
from napari_deep_energy.minimisers.blocks import Blocks, even, spread, summed
from napari_deep_energy.minimisers.descent import descend, descend_from_blocks
from napari_deep_energy.problem import Problem

SPECS = [RandomWalker(), RandomWalker(hard_seeds=True), COLOUR]


@pytest.fixture(params=SPECS, ids=str)
def case(request):
    """Energy of a picture of odd size with two small strokes in its corners, and its entries."""
    image = data.astronaut()[20:221:3, 100:357:3]
    labels = np.zeros(image.shape[:2], int)
    labels[60:63, 70:73], labels[2:4, 2:5] = 1, 2
    problem = Problem.from_labels(image, labels).to(dtype=torch.float64)
    energy = request.param.energy(problem)
    return problem, energy, energy.laplacian.stencil()


@pytest.mark.parametrize("times", [0, 1, 3])
def test_blocks_that_move_together_cost_what_the_pixels_cost(case, times):
    _, energy, entries = case
    blocks, sizes = Blocks.of_pixels(energy, entries), []
    for _ in range(times):
        sizes.append(blocks.excess.shape[2:])
        blocks = blocks.joined()
    amounts = torch.rand_like(blocks.excess)
    pixels = amounts
    for size in reversed(sizes):
        pixels = spread(pixels, size)
    expected = (energy.operator(pixels) * pixels.masked_fill(energy.is_fixed, 0)).sum()
    torch.testing.assert_close((blocks.apply(amounts) * amounts).sum(), expected)


def test_sums_over_blocks_transpose_what_spreads_them():
    x, y = torch.rand(1, 2, 7, 10), torch.rand(1, 2, 4, 5)
    torch.testing.assert_close((summed(even(x)) * y).sum(), (x * spread(y, x.shape[2:])).sum())


def test_steps_from_blocks_lower_the_energy_further_than_twice_as_many_between_pixels(case):
    _, energy, entries = case
    x = energy.project(torch.full_like(energy.targets, 0.5))
    far = float(energy(descend_from_blocks(energy, entries, x, 8)))
    assert far < float(energy(descend(energy, entries, x, 16))) < float(energy(x))


def test_more_steps_from_blocks_lower_the_energy_further(case):
    problem, energy, entries = case
    x = torch.full_like(energy.targets, 0.5)
    found = [float(energy(descend_from_blocks(energy, entries, x, n))) for n in (0, 4, 16, 64)]
    assert all(later < earlier for earlier, later in pairwise(found))
    assert found[-1] > SparseDirect().minimise(problem, energy).energy * (1 - 1e-9)


def test_fixed_seeds_keep_their_values(case):
    _, energy, entries = case
    lowered = descend_from_blocks(energy, entries, torch.full_like(energy.targets, 0.5), 3)
    torch.testing.assert_close(lowered, energy.project(lowered), rtol=0, atol=0)


def test_it_can_be_stopped(case):
    _, energy, entries = case
    with pytest.raises(Cancelled):
        descend_from_blocks(energy, entries, energy.targets, 3, stop=lambda: True)
