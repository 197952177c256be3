"""Apply to all, in a real viewer: asked first, answered as from Python, cancelled at once."""

from __future__ import annotations

import re
import time

import dask.array as da
import numpy as np
import pytest

from napari_deep_energy import segment
from napari_deep_energy.between_planes import segment_between
from napari_deep_energy.tiled import solve_tiled
from napari_deep_energy.volumes import segment_volume

from .conftest import PATIENCE, TWO

SHAPE = (6, 20, 24)


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


@pytest.fixture
def volume():
    z, y, x = np.indices(SHAPE) - np.array([3, 10, 12]).reshape(3, 1, 1, 1)
    inside = (3 * z) ** 2 + y**2 + x**2 < 64
    return (0.3 + 0.4 * inside + 0.4 * np.random.default_rng(0).random(SHAPE)).clip(0, 1)


@pytest.fixture
def stack(viewer, volume, open_dock):
    """The dock over an anisotropic volume with strokes on two planes."""
    viewer.add_image(volume, scale=(3, 1, 1), name="volume")
    desk = open_dock()
    desk.dock.live = False
    strokes = desk.dock.new_strokes()
    for plane in (2, 4):
        strokes.data[plane, 9:12, 11:14], strokes.data[plane, 0] = 1, 2
    strokes.refresh()
    return desk


def answered(desk, qtbot, way):
    """The layer, after the question was asked and agreed to."""
    fold = desk.dock.whole
    fold.way = way
    with qtbot.waitSignal(fold.asked, timeout=PATIENCE) as asked:
        fold.apply.click()
    assert "Go ahead?" in asked.args[0]
    with qtbot.waitSignal(fold.finished, timeout=PATIENCE) as done:
        fold.go.click()
    return done.args[0]


def test_a_volume_is_answered_with_the_scale_of_its_layer(stack, volume, qtbot):
    layer = answered(stack, qtbot, "volume")
    expected = segment_volume(volume, stack.dock.seeds_layer.data, spacing=(3, 1, 1))
    np.testing.assert_array_equal(layer.data, expected.labels)
    flat = segment_volume(volume, stack.dock.seeds_layer.data)
    assert (layer.data != flat.labels).any()
    np.testing.assert_array_equal(layer.scale, (3, 1, 1))
    assert stack.viewer.layers.index(layer) < stack.viewer.layers.index(stack.dock.seeds_layer)


def test_its_layer_is_named_after_the_picture(stack, qtbot):
    by_planes = answered(stack, qtbot, "planes")
    assert by_planes.name == "volume: labels (painted planes)"
    again = answered(stack, qtbot, "planes")
    assert by_planes not in stack.viewer.layers
    assert answered(stack, qtbot, "volume").name == "volume: labels (whole)"
    assert not again.visible, "one over the other, neither can be seen"


def test_points_in_time_are_answered_one_by_one_unless_asked(viewer, volume, open_dock):
    viewer.add_image(volume)
    desk = open_dock()
    assert desk.dock.whole.way == "volume"
    movie = viewer.add_image(volume)
    if not hasattr(movie, "axis_labels"):
        pytest.skip("this napari names no axes")
    movie.axis_labels = ("t", "y", "x")
    desk.dock.image_layer = movie
    assert desk.dock.whole.way == "planes"
    desk.dock.whole.way = "volume"
    viewer.layers.selection.active = movie
    assert desk.dock.whole.way == "volume"


def test_it_is_shown_in_three_dimensions(stack, qtbot):
    layer = answered(stack, qtbot, "volume")
    stack.viewer.dims.ndisplay = 3
    assert layer.visible
    assert layer.data.shape == SHAPE


def test_the_network_answers_painted_planes(stack, volume, qtbot):
    layer = answered(stack, qtbot, "network")
    expected = segment_between(volume, stack.dock.seeds_layer.data, spacing=(3, 1, 1))
    np.testing.assert_array_equal(layer.data, expected.labels)


def test_painted_planes_are_answered_by_themselves(stack, volume, qtbot):
    layer = answered(stack, qtbot, "planes")
    expected = segment(volume[2], stack.dock.seeds_layer.data[2], engine="analytic")
    np.testing.assert_array_equal(layer.data[2], expected.labels)
    assert not layer.data[0].any()


def test_nothing_is_begun_before_it_is_agreed_to(stack, qtbot):
    before = len(stack.viewer.layers)
    with qtbot.waitSignal(stack.dock.whole.asked, timeout=PATIENCE):
        stack.dock.whole.apply.click()
    qtbot.wait(200)
    assert len(stack.viewer.layers) == before
    assert "million voxels of 3 x 1 x 1" in stack.dock.whole.text


def test_a_second_answer_takes_the_place_of_the_first(stack, qtbot):
    first = answered(stack, qtbot, "volume")
    count = len(stack.viewer.layers)
    second = answered(stack, qtbot, "volume")
    assert first not in stack.viewer.layers
    assert second in stack.viewer.layers
    assert len(stack.viewer.layers) == count


@pytest.mark.parametrize("way", ["volume", "planes"])
def test_cancel_leaves_no_layer(stack, qtbot, way, monkeypatch):
    from napari_deep_energy._widgets import whole_work

    def endless(request, report, stop):
        while not stop():
            report(whole_work.Step(1, 2, "planes done"))
        raise whole_work.Cancelled

    monkeypatch.setattr(whole_work, f"_{way}", endless)
    fold, before = stack.dock.whole, len(stack.viewer.layers)
    fold.way = way
    with qtbot.waitSignal(fold.asked, timeout=PATIENCE):
        fold.apply.click()
    fold.go.click()
    qtbot.waitUntil(lambda: fold.text == "1 of 2 planes done.", timeout=PATIENCE)
    fold.cancel_button.click()
    assert fold.text == "Cancelled."
    qtbot.wait(100)
    assert fold.text == "Cancelled."  # what was on its way is not shown
    assert len(stack.viewer.layers) == before


def test_a_picture_is_answered_tile_by_tile_and_read_when_looked_at(
    viewer, picture, open_dock, qtbot, tmp_path
):
    large = np.tile(picture, (7, 5, 1))[:300, :300]
    viewer.add_image(da.from_array(large, (100, 100, 3)), rgb=True, scale=(0.5, 0.5))
    desk = open_dock()
    desk.dock.live = False
    desk.dock.new_strokes().brush_size = 9
    desk.paint(*TWO, (1, 200, 200), (2, 290, 10))
    desk.dock.whole.folder = tmp_path / "whole"
    layer = answered(desk, qtbot, "tiles")
    expected = solve_tiled(large, desk.dock.seeds_layer.data, tmp_path / "direct")
    assert layer.multiscale
    assert all(isinstance(level, da.Array) for level in layer.data)
    np.testing.assert_array_equal(layer.data[0], expected.read_labels())
    np.testing.assert_array_equal(layer.scale, (0.5, 0.5))


def test_a_long_look_at_a_picture_shows_numbers_and_is_cancelled_at_once(
    viewer, open_dock, qtbot, tmp_path
):
    def slow(block):
        time.sleep(0.02)
        return block

    pixels = np.random.default_rng(0).random((2100, 3000)).astype(np.float32) * 3
    viewer.add_image(da.from_array(pixels, (512, 512)).map_blocks(slow), contrast_limits=(0, 3))
    desk = open_dock()
    desk.dock.live = False
    desk.dock.new_strokes().brush_size = 9
    desk.paint(*TWO)
    fold = desk.dock.whole
    fold.folder = tmp_path / "whole"
    fold.apply.click()
    qtbot.waitUntil(lambda: re.match(r"\d+ of \d+ tiles looked at", fold.text), timeout=PATIENCE)
    thread, began = fold._worker._thread, time.perf_counter()
    fold.cancel_button.click()
    assert fold.text == "Cancelled."
    assert time.perf_counter() - began < 0.2
    thread.join(1)
    assert not thread.is_alive()


def test_what_is_missing_is_told(viewer, volume, open_dock, qtbot):
    desk = open_dock()
    with qtbot.waitSignal(desk.dock.whole.failed):
        desk.dock.whole.apply.click()
    assert "Open a picture" in desk.dock.whole.text
    viewer.add_image(volume)
    with qtbot.waitSignal(desk.dock.whole.failed):
        desk.dock.whole.apply.click()
    assert "Press New" in desk.dock.whole.text


def test_one_label_is_not_enough(stack, qtbot):
    stack.dock.seeds_layer.data[:] = 0
    stack.dock.seeds_layer.data[2, 2] = 1
    stack.dock.whole.way = "volume"
    with qtbot.waitSignal(stack.dock.whole.asked, timeout=PATIENCE):
        stack.dock.whole.apply.click()
    with qtbot.waitSignal(stack.dock.whole.failed, timeout=PATIENCE):
        stack.dock.whole.go.click()
    assert "only label 1" in stack.dock.whole.text


def test_no_place_is_kept_for_a_sentence_that_is_not_there(desk):
    whole = desk.dock.whole
    assert whole.text == ""
    assert whole._text.isHidden()
    whole._show_idle("Cancelled.")
    assert not whole._text.isHidden()
