"""Compiled kernels read the same columns from an energy as torch does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from napari_deep_energy import kernels, strips
from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.minimisers.nested_dissection.columns import columns_of, differing
from napari_deep_energy.minimisers.nested_dissection.system import HELD, Couplings
from napari_deep_energy.problem import Problem

SIZE = (41, 37)


def posed(classes, dtype=torch.float64, **parameters):
    generator = torch.Generator().manual_seed(classes)
    image = torch.rand(1, 3, *SIZE, generator=generator, dtype=dtype)
    seeds = torch.zeros(1, classes, *SIZE, dtype=dtype)
    for k in range(classes):
        seeds[0, k, 5 * k : 5 * k + 2, 3:20] = 1
    energy = RandomWalker(beta=20, **parameters).energy(Problem(image, seeds))
    return energy, Couplings(energy.laplacian, image)


def without_kernels(monkeypatch, function, *arguments):
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "is_ready", lambda _dtype: False)
        return function(*arguments)


@pytest.fixture(autouse=True)
def _ready():
    pytest.importorskip("numba")
    assert kernels.make_ready()


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("parameters", [{}, {"hard_seeds": True}, {"prior": 0.01}], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_columns_are_those_of_torch(classes, parameters, dtype, monkeypatch):
    energy, couplings = posed(classes, dtype, **parameters)
    columns = columns_of(energy, couplings)
    assert columns.shape == (max(classes, 2), *SIZE)  # the last of several follows from the others
    expected = without_kernels(monkeypatch, columns_of, energy, couplings)
    torch.testing.assert_close(columns, expected)
    assert bool((columns[0] == torch.tensor(HELD)).any()) == ("hard_seeds" in parameters)


@pytest.mark.parametrize("rows", [1, 100])
def test_all_classes_are_kept_where_a_seeds_targets_do_not_sum_to_one(rows, monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", rows * 8 * SIZE[1])
    energy, couplings = posed(3)
    targets = energy.targets.clone()
    targets[0, 0, 11, 4] = 0.3  # beside the 1 of the class that is painted there
    energy = replace(energy, targets=targets)
    columns = columns_of(energy, couplings)
    assert columns.shape == (4, *SIZE)
    torch.testing.assert_close(columns, without_kernels(monkeypatch, columns_of, energy, couplings))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_differs_is_found(dtype, monkeypatch):
    before = torch.rand(3, *SIZE, dtype=dtype)
    after = before.clone()
    after[0, 3:5, 2:7] += 1
    after[2, 4:9, 6:8] += 1
    excess, rhs = differing(before, after)
    assert excess.nonzero().tolist() == [[r, c] for r in (3, 4) for c in range(2, 7)]
    expected = [[r, c] for r in range(4, 9) for c in (6, 7) if not (r == 4 and c == 6)]
    assert rhs.nonzero().tolist() == expected
    others = without_kernels(monkeypatch, differing, before, after)
    assert torch.equal(excess, others[0])
    assert torch.equal(rhs, others[1])


def test_of_another_number_of_right_hand_sides_only_the_excess_is_compared(monkeypatch):
    before, after = torch.rand(2, *SIZE), torch.rand(3, *SIZE)
    after[0, 1:] = before[0, 1:]
    for excess, rhs in (
        differing(before, after),
        without_kernels(monkeypatch, differing, before, after),
    ):
        assert excess[0].all()
        assert not excess[1:].any()
        assert not rhs.numel()


def test_it_is_stopped_between_strips(monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", 1)
    energy, couplings = posed(2, prior=0.1)

    def stop():
        return next(polls)

    polls = iter([False] * 5 + [True])
    with pytest.raises(Cancelled):
        columns_of(energy, couplings, stop)
    polls = iter([False] * 5 + [True])
    with pytest.raises(Cancelled):
        differing(torch.zeros(2, *SIZE), torch.ones(2, *SIZE), stop)
