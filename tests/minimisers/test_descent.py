"""Steps down the energy from an estimate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.minimisers import SparseDirect, descend
from napari_deep_energy.problem import Problem

SPECS = [
    RandomWalker(),
    RandomWalker(hard_seeds=True),
    COLOUR,
    ClosedFormMatting(),
    ClosedFormMatting(hard_seeds=True),
]


@pytest.fixture(params=SPECS, ids=str)
def case(request):
    """Energy, an estimate that is blurred and noisy, and the optimum."""
    image = data.astronaut()[20:212:8, 100:356:8]
    labels = np.zeros(image.shape[:2], int)
    labels[4:12, 14:17], labels[1:3, 2:30] = 1, 2
    problem = Problem.from_labels(image, labels).to(dtype=torch.float64)
    if request.param.task == "matte":
        problem = problem.as_matting()
    energy = request.param.energy(problem)
    optimum = SparseDirect().minimise(problem, energy).x[None]
    noise = torch.randn(optimum.shape, generator=torch.Generator().manual_seed(0))
    x = (optimum + 0.2 * noise).clamp(0, 1)
    return energy, x / x.sum(1, keepdim=True) if x.shape[1] == 2 else x, optimum


def test_every_step_lowers_the_energy(case):
    energy, x, _ = case
    entries = energy.laplacian.stencil().to(x)
    found = [float(energy(descend(energy, entries, x, steps))) for steps in range(6)]
    assert all(later < earlier for earlier, later in pairwise(found))


def test_many_steps_end_at_the_optimum_where_the_prior_holds_every_pixel(case):
    energy, x, optimum = case
    gap = float(energy.gap(x, optimum))
    lowered = descend(energy, energy.laplacian.stencil().to(x), x, 400)
    assert float(energy.gap(lowered, optimum)) < (1e-9 if energy.confidence.all() else gap / 5)


def test_fixed_seeds_keep_their_values(case):
    energy, x, _ = case
    lowered = descend(energy, energy.laplacian.stencil().to(x), x, 3)
    torch.testing.assert_close(lowered, energy.project(lowered), rtol=0, atol=0)


def test_it_can_be_stopped(case):
    energy, x, _ = case
    with pytest.raises(Cancelled):
        descend(energy, energy.laplacian.stencil().to(x), x, 3, stop=lambda: True)


def test_pictures_of_a_batch_do_not_mix(case):
    energy, x, _ = case
    entries = energy.laplacian.stencil().to(x)
    other = descend(energy, entries, 1 - x, 4)
    both = descend(energy, entries, torch.cat([x, 1 - x]), 4)
    torch.testing.assert_close(both[1:], other)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_entries_of_the_matrix_apply_as_the_laplacian_does(spec):
    image = torch.rand(2, 3, 9, 11, dtype=torch.float64)
    laplacian, x = spec.laplacian(image), torch.rand(2, 4, 9, 11, dtype=torch.float64)
    torch.testing.assert_close(laplacian.stencil().apply(x), laplacian.apply(x))
