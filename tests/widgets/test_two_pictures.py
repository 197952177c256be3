"""Results of several pictures in one viewer, and of transparent ones."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .conftest import TWO


def test_results_say_which_picture_they_are_of(desk):
    desk.solve(*TWO)
    assert desk.dock.results["analytic", "labels"].name == "picture: labels (analytic)"


def test_results_of_another_picture_are_out_of_view_until_it_is_worked_on_again(desk, picture):
    desk.solve(*TWO)
    image, seeds = desk.dock.image_layer, desk.dock.seeds_layer
    first = desk.dock.results["analytic", "labels"]
    second = desk.viewer.add_image(picture[::-1].copy(), name="other")
    desk.viewer.layers.selection.active = second
    desk.dock.new_strokes()
    assert not first.visible
    desk.solve(*TWO)
    other = desk.dock.results["analytic", "labels"]
    assert other is not first
    assert other.name == "other: labels (analytic)"
    before = len(desk.viewer.layers)
    with desk.solved():
        desk.dock.session.subject.choose(image, seeds)
    assert desk.dock.results["analytic", "labels"] is first
    assert first.visible
    assert not other.visible
    assert len(desk.viewer.layers) == before


def test_strokes_that_are_selected_are_worked_on_with_their_own_picture(desk, picture):
    desk.solve(*TWO)
    image, seeds = desk.dock.image_layer, desk.dock.seeds_layer
    desk.viewer.layers.selection.active = desk.viewer.add_image(picture[::-1].copy(), name="other")
    other = desk.dock.new_strokes()
    assert desk.dock.image_layer is not image
    with desk.solved():  # as it was answered before
        desk.viewer.layers.selection.active = seeds
    assert (desk.dock.image_layer, desk.dock.seeds_layer) == (image, seeds)
    desk.viewer.layers.selection.active = other
    assert desk.dock.image_layer.name == "other"
    foreign = desk.viewer.add_labels(np.zeros(picture.shape[:2], int))
    desk.viewer.layers.selection.active = other
    desk.viewer.layers.selection.active = foreign
    assert desk.dock.seeds_layer is other, "whose it is nobody knows"


def test_a_result_that_is_put_in_takes_nothing_up(desk, picture):
    """napari selects it, and what was selected before is selected once more."""
    desk.solve(*TWO)
    image, seeds = desk.dock.image_layer, desk.dock.seeds_layer
    desk.viewer.layers.selection.active = desk.viewer.add_image(picture[::-1].copy(), name="other")
    other = desk.dock.new_strokes()
    desk.viewer.layers.remove(
        desk.dock.session.results._put_away[image.unique_id].layers.popitem()[1]
    )
    with desk.solved():
        desk.dock.session.subject.choose(image, seeds)
    assert desk.viewer.layers.selection.active is other
    assert (desk.dock.image_layer, desk.dock.seeds_layer) == (image, seeds)
    assert ("analytic", "labels") in desk.dock.results


def test_the_cut_out_is_saved_with_its_opacity(desk, tmp_path):
    desk.dock.task = "matte"
    desk.solve(*TWO)
    layer = desk.dock.results["analytic", "cut-out"]
    (path,) = layer.save(str(tmp_path / "cut-out.png"))
    saved = np.asarray(Image.open(path))
    assert saved.shape[2] == 4
    np.testing.assert_array_equal(saved, layer.data)


def test_the_cut_out_of_an_rgba_picture_keeps_its_holes(viewer, open_dock, picture):
    opacity = np.full(picture.shape[:2], 255, np.uint8)
    opacity[10:20, 25:40] = 0
    viewer.add_image(np.dstack([picture, opacity]))
    desk = open_dock()
    desk.dock.task = "matte"
    desk.dock.new_strokes()
    alpha = desk.solve(*TWO)["analytic"].alpha
    shown = desk.dock.results["analytic", "cut-out"].data[..., 3]
    assert (shown[10:20, 25:40] == 0).all()
    assert alpha[10:20, 25:40].max() > 0.5
    assert (shown == np.rint(255 * alpha * (opacity / 255))).all()
