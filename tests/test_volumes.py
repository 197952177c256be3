"""Volumes: against a direct solve and scikit-image, with any spacing; stacks plane by plane."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.segmentation import random_walker

from napari_deep_energy import segment
from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.images import normalise
from napari_deep_energy.minimisers import SparseDirect
from napari_deep_energy.minimisers.volume_dissection import VolumeDissection
from napari_deep_energy.problem import Problem
from napari_deep_energy.seeds import one_hot
from napari_deep_energy.volumes import relative_spacing, segment_stack, segment_volume

TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def volume():
    """Two noisy phases, (9, 14, 17) in [0, 1]."""
    rng = np.random.default_rng(0)
    phase = gaussian_filter(rng.standard_normal((9, 14, 17)), 2) > 0
    return (0.25 + 0.5 * phase + 0.08 * rng.standard_normal(phase.shape)).clip(0, 1)


@pytest.fixture(scope="module")
def seeds():
    labels = np.zeros((9, 14, 17), np.uint8)
    labels[1, 2:5, 2:9], labels[7, 10, 3:14], labels[4, :, 16] = 1, 4, 9
    return labels


def direct(volume, seeds, spec, spacing):
    """x by a sparse factorisation in double precision."""
    image = torch.from_numpy(volume)[None, None]
    problem = Problem(image, one_hot(seeds.astype(int), [1, 4, 9], image), (1, 4, 9))
    energy = spec.energy(problem, spec.laplacian(image, spacing))
    return SparseDirect().minimise(problem, energy).x.numpy()


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 1.0, 1.0)])
@pytest.mark.parametrize("spec", [RandomWalker(), RandomWalker(hard_seeds=True)], ids=str)
def test_a_volume_is_solved_exactly(volume, seeds, spec, spacing):
    found = segment_volume(volume.astype(np.float64), seeds, spec=spec, spacing=spacing)
    exact = direct(normalise(volume).astype(np.float64), seeds, spec, spacing)
    np.testing.assert_allclose(found.x.numpy(), exact, atol=TOLERANCE)
    assert found.values == (1, 4, 9)
    assert found.outcome == "exact"


@pytest.mark.parametrize("spec", [RandomWalker(), RandomWalker(hard_seeds=True)], ids=str)
def test_a_factored_volume_is_exact(volume, seeds, spec):
    image = torch.from_numpy(volume)[None, None]
    problem = Problem(image, one_hot(seeds.astype(int), [1, 4, 9], image), (1, 4, 9))
    found = VolumeDissection().minimise(problem, spec.energy(problem, spec.laplacian(image)))
    exact = direct(volume, seeds, spec, (1.0, 1.0, 1.0))
    np.testing.assert_allclose(found.x.numpy(), exact, atol=TOLERANCE)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 1.0, 1.0)])
def test_it_is_the_random_walker_of_scikit_image(volume, seeds, spacing):
    beta = 200.0
    found = segment_volume(
        volume, seeds, spec=RandomWalker(beta=beta, hard_seeds=True), spacing=spacing
    )
    theirs = random_walker(
        volume, seeds.astype(int), beta * 10 * volume.std(), "bf",
        return_full_prob=True, spacing=np.array(spacing),
    )  # fmt: skip
    np.testing.assert_allclose(found.probabilities, theirs, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 9, 9), (2, 30, 3), (7, 7, 7), (13, 1, 20)])
def test_every_shape_is_solved(shape):
    rng = np.random.default_rng(1)
    image, seeds = rng.random(shape), np.zeros(shape, int)
    seeds.flat[0], seeds.flat[-1] = 1, 2
    found = segment_volume(image, seeds, spec=RandomWalker(beta=20.0))
    assert found.residual < 1e-5
    assert found.labels.shape == shape


def test_a_coarse_axis_counts_less(volume, seeds):
    near = segment_volume(volume, seeds, spacing=(1, 1, 1)).probabilities
    far = segment_volume(volume, seeds, spacing=(10, 1, 1)).probabilities
    assert np.abs(near - far).max() > 0.1


def test_the_unit_of_the_spacing_does_not_matter(volume, seeds):
    one = segment_volume(volume, seeds, spacing=(2.0, 0.5, 0.5)).probabilities
    other = segment_volume(volume, seeds, spacing=(2e-6, 5e-7, 5e-7)).probabilities
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("spacing", [(1, 1), (1, 0, 1), (1, -2, 1), (1, np.nan, 1), (1e300, 1, 1)])
def test_a_spacing_that_is_none_is_refused(spacing):
    with pytest.raises(InvalidInput, match="spacing"):
        relative_spacing(spacing, 3)


@pytest.mark.parametrize("axis", [0, 3])
def test_sixteen_bit_channels_are_stretched_together(volume, seeds, axis):
    channels = np.stack([volume * 3000 + 200, volume[::-1] * 800], axis).astype(np.uint16)
    found = segment_volume(channels, seeds)
    scaled = normalise(channels)
    assert scaled.max() == 1
    np.testing.assert_allclose(
        found.probabilities, segment_volume(scaled, seeds).probabilities, atol=1e-6
    )


def test_a_volume_that_would_not_fit_is_refused_before_it_starts(volume, seeds, monkeypatch):
    monkeypatch.setattr("napari_deep_energy.minimisers.volume.SHARE", 1e-9)
    with pytest.raises(InvalidInput, match="slice by slice"):
        segment_volume(volume, seeds)


def test_it_can_be_cancelled(volume, seeds):
    with pytest.raises(Cancelled):
        segment_volume(volume, seeds, stop=lambda: True)


def test_a_stack_is_solved_plane_by_plane(volume, seeds):
    painted = np.zeros_like(seeds)
    painted[1:3, 2, 2:9], painted[1:3, 11, 2:9], painted[6, :4], painted[6, 10:] = 1, 2, 1, 3
    found = dict(segment_stack(volume, painted, engine="analytic"))
    assert {number: answer.values for number, answer in found.items()} == {
        1: (1, 2), 2: (1, 2), 6: (1, 3),
    }  # fmt: skip


def test_a_plane_is_answered_as_it_is_alone(volume, seeds):
    painted = np.zeros_like(seeds)
    painted[3, 2, 2:9], painted[3, 11, 2:9] = 1, 2
    ((number, solution),) = segment_stack(volume, painted)
    assert number == 3
    alone = segment(normalise(volume)[3], painted[3])
    np.testing.assert_allclose(solution.probabilities, alone.probabilities, atol=1e-6)


def test_a_plane_with_one_label_is_named(volume, seeds):
    with pytest.raises(InvalidInput, match="plane 1: the strokes hold only label 1"):
        list(segment_stack(volume, np.where(seeds == 1, seeds, 0)))
