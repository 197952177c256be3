"""Large pictures are worked on strip by strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_deep_energy import strips
from napari_deep_energy.energy import ENERGIES
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.interactive import InteractiveSolver
from napari_deep_energy.problem import Problem

IMAGE = torch.rand(2, 3, 23, 17, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("choice", ENERGIES, ids="-".join)
@pytest.mark.parametrize("rows", [1, 4, 20])
def test_strips_make_the_same_matrix_as_the_whole(choice, rows, monkeypatch):
    whole = ENERGIES[choice].laplacian(IMAGE).stencil()
    numbers = 4 * 17 if choice[0] == "segment" else 27 * 15  # in a row
    monkeypatch.setattr(strips, "NUMBERS", rows * numbers)
    parts = ENERGIES[choice].laplacian(IMAGE).stencil()
    torch.testing.assert_close(parts.values, whole.values, rtol=1e-9, atol=1e-9)


def whole(laplacian, x):
    """x' L x and L x, put together from their pieces."""
    _, values, products = zip(*laplacian.pieces(x), strict=True)
    return torch.stack(values).sum(0), torch.cat(products, 2)


@pytest.mark.parametrize("task", ["segment", "matte"])
@pytest.mark.parametrize("rows", [1, 4, 20])
def test_an_answer_is_measured_in_strips_as_in_the_whole(task, rows, monkeypatch):
    laplacian = ENERGIES[task, "paper"].laplacian(IMAGE)
    x = torch.rand(2, 1, 23, 17, dtype=torch.float64)
    value, product = whole(laplacian, x)
    monkeypatch.setattr(strips, "NUMBERS", rows * (4 * 17 if task == "segment" else 27 * 15))
    torch.testing.assert_close(whole(laplacian, x), (value, product))
    torch.testing.assert_close(laplacian.quadratic(x), value)
    torch.testing.assert_close(laplacian.apply(x), product)


def test_a_volume_is_cut_along_its_first_axis(monkeypatch):
    volume = torch.rand(1, 1, 6, 5, 4, dtype=torch.float64)
    whole = ENERGIES["segment", "paper"].laplacian(volume).stencil()
    monkeypatch.setattr(strips, "NUMBERS", 100)
    parts = ENERGIES["segment", "paper"].laplacian(volume).stencil()
    torch.testing.assert_close(parts.values, whole.values)


@pytest.mark.parametrize("choice", ENERGIES, ids="-".join)
def test_the_set_up_is_stopped_between_strips(choice, monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", 1)
    polls = iter([False] * 5 + [True])
    with pytest.raises(Cancelled):
        ENERGIES[choice].laplacian(IMAGE, stop=lambda: next(polls))
    laplacian, polls = ENERGIES[choice].laplacian(IMAGE), iter([False, True])
    with pytest.raises(Cancelled):
        laplacian.stencil(lambda: next(polls))


def strokes(count):
    labels = np.zeros((23, 17), np.uint8)
    labels[2:4, 2:9], labels[18:20, 5:14] = 1, 2
    labels[10, 12:15] = count % 3
    return labels


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("choice", ENERGIES, ids="-".join)
def test_strokes_are_answered_in_strips_as_in_the_whole(choice, hard, monkeypatch):
    spec = replace(ENERGIES[choice], hard_seeds=hard)
    picture = IMAGE[0].movedim(0, -1).numpy()
    answers = []
    for numbers in (strips.NUMBERS, 1):
        monkeypatch.setattr(strips, "NUMBERS", numbers)
        solver = InteractiveSolver(picture, picture.shape[:2], spec)
        solver.prepare("analytic")
        answers.append([solver.solve(strokes(n), "analytic")["analytic"] for n in range(4)])
    for whole, parts in zip(*answers, strict=True):
        np.testing.assert_allclose(parts.probabilities, whole.probabilities, atol=1e-6)
        assert parts.energy == pytest.approx(whole.energy, rel=1e-6)
        assert parts.residual == pytest.approx(whole.residual, rel=1e-3)
        assert parts.residual < 1e-4


@pytest.mark.parametrize("choice", ENERGIES, ids="-".join)
def test_confidences_are_those_asked_for_to_the_last_digit(choice):
    spec = replace(ENERGIES[choice], lam=0.1, prior=0.07)
    problem = Problem.from_labels(IMAGE[0].movedim(0, -1).numpy(), strokes(0)).to(dtype=IMAGE.dtype)
    found = spec.energy(problem).confidence
    assert sorted(found.unique().tolist()) == [0.07, 0.1]


def test_numbers_are_converted_in_strips_and_stopped_between(monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", 1)
    single = IMAGE.float()
    assert strips.converted(single, single) is single
    assert torch.equal(strips.converted(single, IMAGE), single.double())
    with pytest.raises(Cancelled):
        strips.converted(single, IMAGE, stop=lambda: True)


def test_zeros_are_of_the_type_that_is_asked_for():
    for dtype in (torch.float32, torch.float64, torch.bool):
        found = strips.zeros((2, 3), IMAGE, dtype)
        assert torch.equal(found, torch.zeros(2, 3, dtype=dtype))


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 5, 6)])
def test_an_axis_of_one_pixel_has_no_steps(size, device):
    image = torch.rand(1, 1, *size, device=device)
    affinity = ENERGIES["segment", "paper"].laplacian(image).affinity
    assert [min(w.shape[2:]) for w in affinity].count(0) == 1


def test_room_is_made_where_the_numbers_are():
    there, elsewhere = torch.empty(3), torch.empty(3, device="meta")
    with torch.device("meta"):  # as after torch.set_default_device("cuda")
        for like in (there, elsewhere):
            for made in (strips.zeros((2,), like, torch.bool), strips.empty((2,), like)):
                assert made.device == like.device
