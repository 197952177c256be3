"""What the border accepts, and makes of it; what it refuses has tests in bad_input."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import matte, segment
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.images import normalise
from napari_deep_energy.seeds import labels_from_trimap

IMAGE = np.random.default_rng(0).random((12, 16))
LABELS = np.zeros((12, 16), int)
LABELS[2, 2:6], LABELS[9, 8:12] = 1, 2


@pytest.mark.parametrize("layout", ["grey", "last", "first"])
def test_channels_may_be_first_or_last(layout):
    image = {
        "grey": IMAGE,
        "last": IMAGE[..., None].repeat(3, -1),
        "first": IMAGE[None].repeat(3, 0),
    }
    solution = segment(image[layout], LABELS, engine="analytic")
    expected = segment(IMAGE, LABELS, engine="analytic")
    np.testing.assert_allclose(solution.probabilities, expected.probabilities, atol=1e-4)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float16, np.float64, bool])
def test_every_real_type_is_brought_to_zero_to_one(kind):
    scaled = normalise((100 * IMAGE).astype(kind))
    assert scaled.dtype == np.float32
    assert 0 <= scaled.min() <= scaled.max() <= 1


def test_eight_bit_is_divided_by_255_and_unit_floats_are_kept():
    np.testing.assert_allclose(normalise(np.array([[0, 51]], np.uint8)), [[0, 0.2]])
    np.testing.assert_array_equal(normalise(np.float32([[0.1, 0.4]])), np.float32([[0.1, 0.4]]))


def test_twelve_bits_in_sixteen_are_stretched_to_the_full_range():
    scaled = normalise(np.arange(4096, dtype=np.uint16).reshape(64, 64))
    assert scaled.min() == 0
    assert scaled.max() == 1
    assert scaled[32, 0] == pytest.approx(0.5, abs=1e-2)


def test_a_constant_sixteen_bit_picture_is_black_not_nan():
    assert (normalise(np.full((5, 5), 7, np.uint16)) == 0).all()


def test_a_trimap_among_labels_is_read_as_one():
    trimap = np.select([LABELS == 1, LABELS == 2], [255, 0], 128)
    solution = matte(IMAGE, trimap, engine="analytic")
    expected = matte(IMAGE, trimap=trimap.astype(np.uint8), engine="analytic")
    np.testing.assert_array_equal(solution.alpha, expected.alpha)
    assert "Read as a trimap" in solution.advice
    assert "Read as a trimap" not in expected.advice


def test_matting_takes_strokes_or_a_trimap_but_not_both():
    with pytest.raises(InvalidInput, match="one of the two"):
        matte(IMAGE)
    with pytest.raises(InvalidInput, match="one of the two"):
        matte(IMAGE, LABELS, trimap=LABELS)


def test_a_trimap_becomes_strokes_and_unpainted_is_unknown():
    trimap = np.array([[0, 128, 255], [0, 1, 254]], np.uint8)
    np.testing.assert_array_equal(labels_from_trimap(trimap), [[2, 0, 1], [2, 0, 0]])
    np.testing.assert_array_equal(labels_from_trimap(trimap / 255.0), [[2, 0, 1], [2, 0, 0]])


def test_thin_pictures_are_segmented():
    for shape in ((1, 12), (12, 1)):
        labels = np.zeros(12, int)
        labels[0], labels[-1] = 1, 2
        image = np.repeat([0.0, 1.0], 6)
        solution = segment(image.reshape(shape), labels.reshape(shape), engine="analytic")
        np.testing.assert_array_equal(solution.labels.ravel(), np.repeat([1, 2], 6))
