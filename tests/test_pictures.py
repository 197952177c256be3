"""Cut-outs, overlays and the colours under soft edges."""

from __future__ import annotations

import numpy as np
import pytest
from pymatting import estimate_foreground_ml
from skimage import data
from skimage.transform import resize

from napari_deep_energy.foreground import estimate_foreground
from napari_deep_energy.palette import colour
from napari_deep_energy.pictures import cutout, on_checkerboard, overlay


@pytest.fixture(scope="module")
def composite():
    """A photograph pasted on another through a soft wavy disc: image, alpha, true foreground."""
    size = (120, 140)
    front = resize(data.coffee(), size).astype(np.float32)
    back = resize(data.astronaut(), size).astype(np.float32)
    y, x = np.mgrid[: size[0], : size[1]] - np.array([60, 70])[:, None, None]
    radius = np.hypot(y, x) + 3 * np.sin(9 * np.arctan2(y, x))
    alpha = np.clip((40 - radius) / 10 + 0.5, 0, 1).astype(np.float32)
    image = alpha[..., None] * front + (1 - alpha[..., None]) * back
    return image, alpha, front


def rim_error(colours, alpha, truth):
    rim = (alpha > 0.05) & (alpha < 0.95)
    return np.sqrt((alpha[rim, None] * (colours[rim] - truth[rim]) ** 2).mean())


def test_estimated_colours_are_nearer_the_truth_than_the_picture_and_as_near_as_peers(composite):
    image, alpha, truth = composite
    ours = rim_error(estimate_foreground(image, alpha), alpha, truth)
    theirs = estimate_foreground_ml(image.astype(np.float64), alpha.astype(np.float64))
    assert ours < 0.7 * rim_error(image, alpha, truth)
    assert ours < 1.05 * rim_error(theirs, alpha, truth)


def test_a_cutout_keeps_the_colours_of_opaque_pixels_and_carries_alpha(composite):
    image, alpha, _ = composite
    rgba = cutout(image, alpha)
    assert rgba.shape == (120, 140, 4)
    np.testing.assert_array_equal(rgba[..., 3], np.rint(255 * alpha))
    inside = alpha == 1
    change = np.abs(rgba[inside][:, :3] - 255 * image[inside])
    assert np.percentile(change, 95) < 3


def test_a_transparent_pixel_shows_the_checkerboard(composite):
    image, alpha, _ = composite
    shown = on_checkerboard(cutout(image, alpha))
    assert set(shown[:20, :20].ravel()) == {102, 153}


def test_strokes_keep_their_colour_in_an_overlay():
    labels = np.repeat([[1, 2]], 10, 0).repeat(10, 1)
    strokes = np.zeros_like(labels)
    strokes[4, 3], strokes[4, 15] = 1, 2
    picture = overlay(np.zeros((10, 20)), labels, strokes)
    np.testing.assert_array_equal(picture[4, 3], colour(1))
    np.testing.assert_array_equal(picture[4, 15], colour(2))
    np.testing.assert_allclose(picture[1, 3], 0.4 * colour(1), atol=1)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_what_is_transparent_in_the_picture_is_so_in_its_cut_out(kind):
    top = 255 if kind == np.uint8 else 1
    image = np.full((8, 10, 4), top, kind)
    image[..., 1:3] = 0  # red
    image[:, :5, 3] = 0
    alpha = np.ones((8, 10), np.float32)
    alpha[:4] = 0.5
    rgba = cutout(image, alpha)
    assert (rgba[:, :5, 3] == 0).all()
    assert (rgba[:4, 5:, 3] == 128).all()
    assert (rgba[4:, 5:, 3] == 255).all()
    assert (rgba[4:, 5:, :3] == [255, 0, 0]).all()
