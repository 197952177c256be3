"""A sample, then the dock: an answer at once."""

from __future__ import annotations

import pytest
from napari.utils.colormaps import DirectLabelColormap

from napari_deep_energy import samples
from napari_deep_energy.palette import colour


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


def add(viewer, name):
    for data, attributes, kind in getattr(samples, name)():
        getattr(viewer, f"add_{kind}")(data, **attributes)


def test_a_sample_is_answered_when_the_dock_opens(viewer, open_dock):
    add(viewer, "coins")
    desk = open_dock()
    assert desk.dock.image_layer.name == "coins"
    assert desk.dock.seeds_layer.name == "coins strokes"
    with desk.solved() as blocker:
        pass
    assert blocker.args[0]["analytic"].values == (1, 2, 3, 4, 5)


def test_a_sample_opened_later_is_taken_up_with_its_task(desk):
    add(desk.viewer, "composite")
    assert desk.dock.task == "matte"
    assert desk.dock.image_layer.name == "composite"
    assert desk.dock.seeds_layer.name == "composite strokes"


def test_its_strokes_have_the_colours_of_new_ones_unless_they_were_given_others(desk):
    add(desk.viewer, "coins")
    assert desk.dock.seeds_layer.get_color(1) == pytest.approx([*colour(1) / 255, 1])
    desk.viewer.layers.clear()
    image, (labels, attributes, _) = samples.coins()
    desk.viewer.add_image(image[0])
    mine = DirectLabelColormap(color_dict={1: "white", None: "black"})
    desk.viewer.add_labels(labels, **attributes, colormap=mine)
    assert desk.dock.seeds_layer.get_color(1) == pytest.approx([1, 1, 1, 1])
    plain = desk.viewer.add_labels(labels, name="of the user")
    before = plain.get_color(1)
    desk.dock.seeds_layer = plain
    assert (plain.get_color(1) == before).all()
