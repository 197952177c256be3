"""Margins against sorted probabilities; spots where doubt was put."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_energy.minimisers import Outcome, Solution
from napari_deep_energy.uncertainty import probability_of, uncertain_spots, uncertainty


def solution(x, values):
    x = torch.as_tensor(x)
    return Solution(x, values, "analytic", "cpu", 0.0, 0.0, 0.0, Outcome.EXACT)


@pytest.fixture
def three():
    x = np.random.default_rng(1).dirichlet([1, 1, 1], (6, 7)).transpose(2, 0, 1)
    return solution(x, (1, 4, 9))


def test_margin_is_that_of_the_sorted_probabilities(three):
    ordered = np.sort(three.probabilities, 0)
    np.testing.assert_allclose(uncertainty(three), 1 - (ordered[-1] - ordered[-2]), atol=1e-6)


def test_alpha_is_as_uncertain_as_its_two_probabilities():
    alpha = np.linspace(0, 1, 12).reshape(3, 4)
    both = solution(np.stack([alpha, 1 - alpha]), (1, 2))
    np.testing.assert_allclose(
        uncertainty(solution(alpha[None], (1, 2))), uncertainty(both), atol=1e-6
    )


def test_probability_of_a_label_is_its_plane(three):
    np.testing.assert_array_equal(probability_of(three, 4), three.probabilities[1])
    assert not probability_of(three, 5).any()


def test_probabilities_of_a_matte_add_up_to_one():
    matte = solution(np.random.default_rng(1).random((1, 3, 4)), (1, 2))
    total = probability_of(matte, 1) + probability_of(matte, 2)
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize("size", [100, 700])
def test_spots_are_found_the_worst_first_and_not_under_strokes(size):
    doubt, strokes = np.zeros((size, size), np.float32), np.zeros((size, size), np.uint8)
    unit = size // 10
    for (row, column), value in {(2, 2): 0.7, (7, 2): 1.0, (7, 7): 0.9}.items():
        doubt[row * unit : (row + 2) * unit, column * unit : (column + 2) * unit] = value
    strokes[7 * unit : 9 * unit, 7 * unit : 9 * unit] = 1
    first, *others = uncertain_spots(doubt, strokes)
    assert doubt[first] == 1.0
    assert any(abs(doubt[spot] - 0.7) < 1e-6 for spot in others)
    assert not any(strokes[spot] for spot in [first, *others])


def test_a_certain_answer_has_no_spots():
    assert uncertain_spots(np.full((50, 60), 0.1, np.float32), np.zeros((50, 60), int)) == []
