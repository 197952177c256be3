"""Strokes on some planes only: the network answers these, the solver what lies between."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import segment
from napari_deep_energy.between_planes import segment_between
from napari_deep_energy.errors import Cancelled, InvalidInput

DEPTH, SIZE = 11, 40


@pytest.fixture(scope="module")
def ball():
    """A noisy ball, (11, 40, 40), and where it is."""
    z, y, x = np.indices((DEPTH, SIZE, SIZE)) - np.array([5, 20, 20]).reshape(3, 1, 1, 1)
    inside = (2.4 * z) ** 2 + y**2 + x**2 < 14**2
    noise = 0.03 * np.random.default_rng(0).standard_normal(inside.shape)
    return (0.3 + 0.4 * inside + noise).clip(0, 1), inside


@pytest.fixture(scope="module")
def seeds():
    labels = np.zeros((DEPTH, SIZE, SIZE), np.uint8)
    for plane in (3, 7):
        labels[plane, 18:22, 16:24], labels[plane, 1:3, 2:38], labels[plane, 37:39, 2:38] = 5, 2, 2
    return labels


def test_planes_without_strokes_are_answered(ball, seeds):
    volume, inside = ball
    found = segment_between(volume, seeds)
    assert found.outcome == "estimate"
    assert found.values == (2, 5)
    for plane in (4, 5, 6):
        ours = found.labels[plane] == 5
        assert (ours & inside[plane]).sum() > 0.9 * (ours | inside[plane]).sum()


def test_where_the_network_is_sure_its_word_holds(ball, seeds):
    volume, _ = ball
    found = segment_between(volume, seeds)
    network = segment(volume[3], seeds[3], engine="network", energy="paper")
    is_sure = (network.probabilities.max(0) > 0.8) & (seeds[3] == 0)
    assert is_sure.mean() > 0.15
    assert (found.labels[3] == network.labels)[is_sure].mean() > 0.98


def test_more_is_asked_of_the_network(ball, seeds):
    volume = ball[0] + 0.15 * np.random.default_rng(1).standard_normal(ball[0].shape)
    bold, shy = (segment_between(volume, seeds, sure=sure) for sure in (0.6, 1.0))
    assert np.abs(bold.probabilities - shy.probabilities).max() > 1e-3


def test_a_plane_with_one_label_is_left_to_the_solver(ball, seeds):
    volume, _ = ball
    one = np.where((np.indices(seeds.shape)[0] == 3) & (seeds == 2), 0, seeds)
    assert segment_between(volume, one).labels[3, 20, 20] == 5


def test_what_cannot_be_used_is_refused(ball, seeds):
    volume, _ = ball
    with pytest.raises(InvalidInput, match="only label 5"):
        segment_between(volume, np.where(seeds == 5, seeds, 0))
    with pytest.raises(InvalidInput, match="sure is 2"):
        segment_between(volume, seeds, sure=2)
    with pytest.raises(Cancelled):
        segment_between(volume, seeds, stop=lambda: True)
