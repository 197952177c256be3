"""What a cut-out lies on."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy._widgets.backdrop import pattern
from napari_deep_energy.pictures import checkerboard

from .conftest import TWO


@pytest.fixture
def matte(desk):
    desk.dock.task = "matte"
    desk.solve(*TWO)
    return desk


def test_it_begins_as_a_checkerboard_and_turns_into_a_colour(matte):
    layer = matte.dock.results["", "backdrop"]
    assert (layer.data == checkerboard(layer.data.shape[:2])).all()
    matte.dock.session.backdrop.choose((0, 160, 60))
    assert (layer.data == [0, 160, 60]).all()
    assert layer.opacity == 1
    matte.dock.session.backdrop.choose(None)
    assert (layer.data == checkerboard(layer.data.shape[:2])).all()
    assert layer.opacity < 1


def test_a_layer_that_is_made_anew_has_what_was_chosen(matte):
    matte.dock.session.backdrop.choose((255, 255, 255))
    matte.viewer.layers.remove(matte.dock.results["", "backdrop"])
    matte.viewer.layers.remove(matte.dock.results["analytic", "cut-out"])
    matte.solve((1, 30, 30))
    assert (matte.dock.results["", "backdrop"].data == 255).all()


def test_a_reopened_cut_out_has_one_too(matte, tmp_path):
    path = tmp_path / "cut.deepenergy"
    matte.dock.keeping.save(path)
    matte.viewer.layers.clear()
    matte.dock.live = False
    matte.dock.keeping.open(path)
    names = [layer.name for layer in matte.viewer.layers]
    cut_out = names.index("picture: cut-out (analytic)")
    assert names[cut_out - 1] == "picture: backdrop"
    backdrop = matte.dock.results["", "backdrop"]
    assert backdrop.data.shape[:2] == matte.dock.seeds_layer.data.shape
    assert backdrop.visible


def test_another_picture_fills_it_and_the_checkerboard_returns_when_that_is_deleted(matte):
    halves = np.zeros((20, 100))
    halves[:, 50:] = 1
    other = matte.viewer.add_image(halves)
    matte.dock.session.backdrop.choose(other)
    layer = matte.dock.results["", "backdrop"]
    assert (layer.data[:, :28] == 0).all()
    assert (layer.data[:, -28:] == 255).all()
    assert not other.visible
    matte.viewer.layers.remove(other)
    assert (layer.data == checkerboard(layer.data.shape[:2])).all()


def test_a_picture_keeps_its_proportions(viewer):
    disc = np.hypot(*np.mgrid[-20:20, -60:60]) < 15
    filled = pattern(viewer.add_image(disc.astype(float)), (80, 80))[..., 0] > 127
    rows, columns = filled.any(1).sum(), filled.any(0).sum()
    assert abs(rows - columns) <= 2
    assert abs(rows - 2 * 29) <= 3  # 40 rows became 80


def test_the_list_offers_the_other_pictures_and_shows_the_choice(matte):
    chooser = matte.dock.looking.ground
    matte.viewer.add_image(np.zeros((5, 5)), name="sea")
    texts = [chooser.itemText(i) for i in range(chooser.count())]
    assert texts == ["checkerboard", "white", "black", "green", "sea", "colour..."]
    chooser.activated.emit(texts.index("black"))
    assert chooser.currentText() == "black"
    assert (matte.dock.results["", "backdrop"].data == 0).all()


def test_the_choice_is_there_only_where_there_is_a_cut_out(desk):
    ground = desk.dock.looking.ground
    assert ground.parent().isHidden()
    desk.dock.task = "matte"
    assert not ground.parent().isHidden()
