"""The four errors of a matte, on mattes whose errors can be told in the head."""

from __future__ import annotations

import numpy as np
import pytest
from matting_errors import errors

SHAPE = (40, 60)
ALL = np.ones(SHAPE, bool)


def test_the_true_matte_has_no_error():
    truth = np.random.default_rng(0).random(SHAPE)
    assert errors(truth, truth, ALL) == dict.fromkeys(("mse", "sad", "gradient", "connectivity"), 0)


def test_only_unknown_pixels_count():
    truth, unknown = np.full(SHAPE, 0.5), np.zeros(SHAPE, bool)
    unknown[:10] = True
    found = errors(np.where(unknown, 0.6, 0.0), truth, unknown)
    assert found["mse"] == pytest.approx(0.01)
    assert found["sad"] == pytest.approx(0.1 * 600 / 1000)


def test_the_gradient_error_is_that_of_the_slopes():
    columns = np.broadcast_to(np.arange(60.0), SHAPE)
    inside = np.zeros(SHAPE, bool)
    inside[:, 20:40] = True  # a smoothed ramp keeps its slope away from its ends
    found = errors(columns * 0.015, columns * 0.005, inside)
    assert found["gradient"] == pytest.approx(0.01**2 * 800 / 1000, rel=1e-3)


def test_an_island_of_the_matte_hangs_off_as_a_whole():
    truth = np.zeros(SHAPE)
    truth[:20, :20] = 1
    alpha = truth.copy()
    alpha[30:35, 40:44] = 1
    assert errors(alpha, truth, ALL)["connectivity"] == pytest.approx(20 / 1000)


def test_a_paler_object_hangs_off_by_what_it_lacks():
    truth = np.zeros(SHAPE)
    truth[:20, :20] = 1
    assert errors(truth / 2, truth, ALL)["connectivity"] == pytest.approx(0.5 * 400 / 1000)


def test_a_difference_below_the_slack_does_not():
    truth = np.zeros(SHAPE)
    truth[:20, :20] = 1
    assert errors(truth * 0.91, truth, ALL)["connectivity"] == 0
