"""The loss after steps down the energy, and its gradient."""

from __future__ import annotations

import pytest
import torch
from napari_deep_energy.training.descended import energy_after

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.minimisers import descend
from napari_deep_energy.problem import Problem

SPECS = [
    RandomWalker(beta=50.0),
    RandomWalker(beta=50.0, hard_seeds=True),
    ClosedFormMatting(epsilon=1e-3),
]


def energy_of(spec):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, 9, 11, generator=generator, dtype=torch.float64)
    seeds = torch.zeros(2, 2, 9, 11, dtype=torch.float64)
    seeds[:, 0, 1:3, 1:3] = seeds[:, 1, 7:, 8:] = 1
    return spec.energy(Problem(image, seeds))


def answer(spec) -> torch.Tensor:
    p = torch.rand(2, 1, 9, 11, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.cat([p, 1 - p], 1) if spec.task == "segment" else p


@pytest.mark.parametrize("spec", SPECS)
def test_the_loss_is_the_energy_after_the_steps(spec):
    energy, x = energy_of(spec), answer(spec)
    lowered = descend(energy, energy.laplacian.stencil().to(x), x, 5)
    # The product also cuts off what steps overshoot, which lowers the energy a little more.
    left = energy_after(energy, x, 5)
    assert (left >= energy(lowered) * (1 - 1e-12)).all()
    torch.testing.assert_close(left, energy(lowered), rtol=0.05, atol=0)
    torch.testing.assert_close(energy_after(energy, x, 0), energy(x))
    assert (energy_after(energy, x, 5) < energy_after(energy, x, 4)).all()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("steps", [1, 6])
def test_the_gradient_is_that_of_finite_differences(spec, steps):
    energy, x = energy_of(spec), answer(spec)
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=x.dtype)
    if spec.task == "segment":  # the classes sum to one wherever a network goes
        way[:, 1] = -way[:, 0]
    x.requires_grad_()
    energy_after(energy, x, steps).sum().backward()
    found = (x.grad * way).sum()
    with torch.no_grad():
        high, low = (energy_after(energy, x + h * way, steps).sum() for h in (1e-5, -1e-5))
    torch.testing.assert_close(found, (high - low) / 2e-5, rtol=1e-6, atol=1e-9)
