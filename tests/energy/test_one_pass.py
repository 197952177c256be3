"""One pass over the picture finds what the energy itself says."""

from __future__ import annotations

import pytest
import torch

from napari_deep_energy import kernels, strips
from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.problem import Problem

pytest.importorskip("numba")

SIZES = [(1, 7), (7, 1), (2, 2), (61, 83)]


def posed(size, hard_seeds=False, dtype=torch.float64, prior=0.0):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, *size, generator=generator, dtype=dtype)
    seeds = torch.zeros(1, 3, *size, dtype=dtype)
    for k, place in enumerate((0, size[0] * size[1] // 2, -1)):
        seeds[0, k].view(-1)[place] = 1
    spec = RandomWalker(beta=20, hard_seeds=hard_seeds, prior=prior)
    x = torch.rand(1, 3, *size, generator=generator, dtype=dtype)
    return spec.energy(Problem(image, seeds)), x


@pytest.fixture(autouse=True)
def _ready():
    assert kernels.make_ready()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hard_seeds", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rows", [1, 10, 100])
def test_e_and_residual_are_the_energys_own(size, hard_seeds, dtype, rows, monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", rows * 18 * size[1])
    energy, x = posed(size, hard_seeds, dtype)
    assert energy.laplacian.measured(energy, energy.project(x)) is not None
    value, largest = energy.measured(x)
    torch.testing.assert_close(value, energy(x))
    torch.testing.assert_close(largest, energy.residual(x).abs().max())


def test_one_class_is_measured_like_all():
    energy, x = posed((30, 40), prior=0.1)
    parts = [energy.of_class(k).measured(x[:, k : k + 1]) for k in range(3)]
    value, largest = energy.measured(x)
    torch.testing.assert_close(sum(part[0] for part in parts), value)
    assert max(part[1] for part in parts) == largest


def test_it_is_the_same_without_kernels(monkeypatch):
    energy, x = posed((30, 40), hard_seeds=True)
    by_kernel = energy.measured(x)
    monkeypatch.setattr(kernels, "is_ready", lambda _dtype: False)
    torch.testing.assert_close(energy.measured(x), by_kernel)


def test_nan_is_not_lost():
    energy, x = posed((30, 40))
    x[0, 1, 20, 3] = float("nan")
    assert all(number.isnan().all() for number in energy.measured(x))


def test_it_is_stopped_between_strips(monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", 1)
    energy, x = posed((30, 40))
    polls = iter([False] * 5 + [True])
    with pytest.raises(Cancelled):
        energy.measured(x, lambda: next(polls))
