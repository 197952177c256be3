"""The drop-ins: what scikit-image and pymatting answer, from one changed import."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import skimage.segmentation
from skimage.color import rgb2gray

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.peers import estimate_alpha, estimate_alpha_cf, random_walker


def theirs(data, labels, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about umfpack and sparse formats
        return skimage.segmentation.random_walker(data, labels.copy(), mode="bf", **options)


@pytest.fixture
def grey(photograph):
    return rgb2gray(photograph)


@pytest.mark.parametrize("beta", [90, 130, 5000])
def test_probabilities_are_those_of_scikit_image(grey, strokes, beta):
    ours = random_walker(grey, strokes, beta=beta, return_full_prob=True)
    expected = theirs(grey, strokes, beta=beta, return_full_prob=True)
    # Single precision without cancellation: 1e-6 measured.
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_labels_are_those_of_scikit_image(grey, strokes):
    ours = random_walker(grey, strokes)
    np.testing.assert_array_equal(ours, theirs(grey, strokes))
    assert ours.dtype == strokes.dtype


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_channels_count_as_in_scikit_image(photograph, strokes, axis):
    data = np.moveaxis(photograph, 2, axis)
    ours = random_walker(data, strokes, channel_axis=axis, return_full_prob=True)
    expected = theirs(photograph, strokes, channel_axis=-1, return_full_prob=True)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_spacing_counts_as_in_scikit_image(grey, strokes):
    ours = random_walker(grey, strokes, spacing=(1.0, 3.0), return_full_prob=True)
    expected = theirs(grey, strokes, spacing=(1.0, 3.0), return_full_prob=True)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert np.abs(ours - random_walker(grey, strokes, return_full_prob=True)).max() > 0.01


def test_masked_pixels_take_no_part(grey, strokes):
    labels = strokes.copy()
    labels[20:34, 40:44] = -1
    labels[25:30, 48:54] = -1
    labels[26:29, 49:53] = 0  # walled in, without a seed
    np.testing.assert_array_equal(random_walker(grey, labels), theirs(grey, labels))
    ours = random_walker(grey, labels, return_full_prob=True)
    np.testing.assert_allclose(ours, theirs(grey, labels, return_full_prob=True), atol=1e-5)


def test_gaps_between_labels_are_closed(grey, strokes):
    labels = np.select([strokes == 1, strokes == 2, strokes == 3], [4, 9, 2])
    np.testing.assert_array_equal(random_walker(grey, labels), theirs(grey, labels))


def test_a_volume_is_solved():
    data = np.random.default_rng(0).random((6, 7, 8))
    labels = np.zeros(data.shape, int)
    labels[0, 0, 0], labels[-1, -1, -1] = 1, 2
    ours = random_walker(data, labels, return_full_prob=True)
    expected = theirs(data, labels, return_full_prob=True)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_complete_labels_are_returned_with_a_warning(grey):
    labels = np.ones(grey.shape, int)
    labels[:, 20:] = 2
    with pytest.warns(UserWarning, match="no seed can reach"):
        np.testing.assert_array_equal(random_walker(grey, labels), labels)


def test_labels_are_overwritten_only_on_demand(grey, strokes):
    labels = strokes.copy()
    found = random_walker(grey, labels)
    np.testing.assert_array_equal(labels, strokes)
    random_walker(grey, labels, copy=False)
    np.testing.assert_array_equal(labels, found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": np.zeros((40, 56), int)}, "no seed"),
        ({"labels": np.ones((3, 3), int)}, "shape"),
        ({"mode": "fast"}, "mode"),
        ({"spacing": (1.0,)}, "spacing"),
    ],
)
def test_bad_input_is_refused_in_words(grey, strokes, change, words):
    with pytest.raises(InvalidInput, match=words):
        random_walker(**({"data": grey, "labels": strokes} | change))


@pytest.fixture
def trimap(strokes):
    return np.select([strokes == 1, strokes == 2], [1.0, 0.0], 0.5)


@pytest.mark.parametrize("epsilon", [1e-7, 1e-4])
def test_alpha_is_that_of_pymatting(photograph, trimap, epsilon):
    pymatting = pytest.importorskip("pymatting")
    image = photograph / 255
    options = {"laplacian_kwargs": {"epsilon": epsilon}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about numba and its threads
        expected = pymatting.estimate_alpha_cf(image, trimap, cg_kwargs={"rtol": 1e-10}, **options)
    ours = estimate_alpha_cf(image, trimap, **options)
    # The peer iterates: at rtol 1e-10 it is 1e-6 off.
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    assert ours.dtype == trimap.dtype


def test_known_pixels_keep_the_value_of_the_trimap(photograph, trimap):
    trimap[trimap == 1] = 0.95
    alpha = estimate_alpha(photograph / 255, trimap)
    np.testing.assert_array_equal(alpha[trimap != 0.5], trimap[trimap != 0.5])


def test_a_trimap_without_foreground_is_refused(photograph, trimap):
    with pytest.raises(InvalidInput, match="no foreground"):
        estimate_alpha(photograph / 255, np.minimum(trimap, 0.5))
