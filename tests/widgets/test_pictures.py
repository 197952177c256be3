"""Pictures of all kinds, and where the results lie."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import segment

from .conftest import TWO

PLACE = {
    "scale": (2.0, 3.0),
    "translate": (5.0, -6.0),
    "rotate": 20.0,
    "shear": (0.3,),
    "affine": np.array([[1.0, 0.1, 3.0], [0.0, 1.2, 2.0], [0.0, 0.0, 1.0]]),
    "units": ("micrometer", "micrometer"),
    "axis_labels": ("y", "x"),
}


def to_world(layer, *points):
    return np.array([layer.data_to_world(point) for point in points])


def test_strokes_and_results_lie_exactly_over_the_image(desk, picture):
    desk.viewer.layers.clear()
    image = desk.viewer.add_image(picture, **PLACE)
    seeds = desk.dock.new_strokes()
    desk.solve(*TWO)
    corners = [(0, 0), (47, 63), (10, 50)]
    labels = desk.dock.results["analytic", "labels"]
    for layer in (seeds, labels):
        np.testing.assert_allclose(to_world(layer, *corners), to_world(image, *corners))
        assert layer.units == image.units
        assert layer.axis_labels == ("y", "x")


@pytest.mark.parametrize(
    "convert",
    [
        lambda rgb: rgb[..., 0],
        lambda rgb: rgb[..., 0].astype(np.uint16) * 16,
        lambda rgb: rgb / 255.0,
        lambda rgb: np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]),
    ],
    ids=["grey", "uint16", "float", "rgba"],
)
def test_every_kind_of_picture_is_segmented(viewer, open_dock, picture, convert):
    image = convert(picture)
    viewer.add_image(image)
    desk = open_dock()
    desk.dock.new_strokes()
    desk.solve(*TWO)
    expected = segment(image[..., :3] if image.shape[-1] == 4 else image,
                       desk.dock.seeds_layer.data, engine="analytic").labels  # fmt: skip
    assert (desk.labels() == expected).all()


def test_of_a_stack_the_plane_on_display_is_solved(viewer, open_dock, picture):
    stack = np.stack([picture[..., 0], picture[::-1, :, 0]])
    viewer.add_image(stack)
    desk = open_dock()
    seeds = desk.dock.new_strokes()
    assert seeds.data.shape == stack.shape
    viewer.dims.set_current_step(0, 1)
    with desk.solved():
        for label, row, column in TWO:
            seeds.paint((1, row, column), label)
    labels = desk.labels()
    assert labels.shape == stack.shape
    assert not labels[0].any()
    assert set(np.unique(labels[1])) == {1, 2}
    viewer.dims.set_current_step(0, 0)
    with desk.solved():
        for label, row, column in TWO:
            seeds.paint((0, row, column), label)
    assert desk.labels().all()


def test_a_first_axis_of_channels_is_one_picture(viewer, open_dock, picture):
    channels = np.moveaxis(picture, -1, 0)[[0, 1, 2, 0]]
    viewer.add_image(channels, axis_labels=("channel", "y", "x"), scale=(1, 2, 2))
    desk = open_dock()
    seeds = desk.dock.new_strokes()
    assert seeds.data.shape == picture.shape[:2]
    desk.solve(*TWO)
    expected = segment(channels, seeds.data, engine="analytic").labels
    assert (desk.labels() == expected).all()
    assert tuple(desk.dock.results["analytic", "labels"].scale) == (2, 2)


def test_labels_have_the_colours_of_the_strokes(desk):
    desk.solve(*TWO)
    labels, seeds = desk.dock.results["analytic", "labels"], desk.dock.seeds_layer
    assert (labels.get_color(1) == seeds.get_color(1)).all()
    seeds.new_colormap()
    desk.solve((1, 30, 30))
    assert (labels.get_color(1) == seeds.get_color(1)).all()
    assert labels.opacity < seeds.opacity
