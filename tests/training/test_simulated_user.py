"""Strokes and clicks that stand for a user's in the benchmarks."""

from __future__ import annotations

import numpy as np
import pytest
from napari_deep_energy.training.objects import IGNORED
from napari_deep_energy.training.simulated_user import (
    GROUND,
    OBJECT,
    click,
    depth_of,
    iou,
    strokes,
)

MASK = np.zeros((60, 80), np.uint8)
MASK[20:50, 10:50] = 1
MASK[18:20, 10:50] = IGNORED


@pytest.fixture
def drawn():
    return strokes(MASK, np.random.default_rng(0))


def test_strokes_lie_in_their_own_regions(drawn):
    assert (MASK[drawn == OBJECT] == 1).all()
    assert (MASK[drawn == GROUND] == 0).all()
    assert {OBJECT, GROUND} <= set(np.unique(drawn))


def test_strokes_keep_off_the_border(drawn):
    assert depth_of(MASK == 1)[drawn == OBJECT].min() >= 2


def test_strokes_are_decided_by_the_seed(drawn):
    np.testing.assert_array_equal(drawn, strokes(MASK, np.random.default_rng(0)))
    assert (drawn != strokes(MASK, np.random.default_rng(1))).any()


def test_a_click_goes_to_the_middle_of_what_is_missed():
    clicked = click(MASK, np.zeros(MASK.shape, bool), np.zeros(MASK.shape, np.int64))
    rows, columns = np.nonzero(clicked == OBJECT)
    assert not (clicked == GROUND).any()
    assert rows.mean() == pytest.approx(34.5, abs=0.5)
    assert 20 <= columns.mean() <= 40  # the middle of a wide region is a line


def test_a_click_goes_to_the_larger_of_two_errors():
    answer = MASK == 1
    answer[25:30, 12:17] = False
    answer[2:16, 60:74] = True
    clicked = click(MASK, answer, np.zeros(MASK.shape, np.int64))
    assert clicked[8:10, 66:68].max() == GROUND
    assert not (clicked == OBJECT).any()


def test_a_place_is_not_clicked_twice():
    nothing = np.zeros(MASK.shape, bool)
    first = click(MASK, nothing, np.zeros(MASK.shape, np.int64))
    second = click(MASK, nothing, first)
    assert (second[first > 0] == first[first > 0]).all()
    assert (second > 0).sum() > (first > 0).sum()


def test_iou_is_that_of_the_pixels_that_are_known():
    answer = MASK == 1
    answer[18:20] = True  # ignored between columns 10 and 50, wrong in the 40 others
    assert iou(MASK, answer) == pytest.approx(1200 / (1200 + 80))
    assert iou(np.zeros((2, 2), np.uint8), np.zeros((2, 2), bool)) == 1
