"""Lazy multiscale pictures in a real viewer: work on what is in view, at the level in view."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_deep_energy import segment
from napari_deep_energy.crops import Crop
from napari_deep_energy.picture_files import read_array

from .conftest import PATIENCE

SIZE = 6000


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy(show=True)  # what is in view is known once it is drawn


@pytest.fixture(autouse=True)
def _small_views(monkeypatch):
    """So that an answer takes no longer than it must."""
    monkeypatch.setattr("napari_deep_energy.crops.VIEW_PIXELS", 40_000)


@pytest.fixture
def read():
    """Blocks of the finest level that were read."""
    return []


@pytest.fixture
def huge(viewer, read, open_dock, qtbot):
    """The dock over 36 megapixels in three levels, with strokes on a bright disc."""

    def level(size):
        def block(block_info=None):
            (top, bottom), (left, right) = block_info[None]["array-location"]
            if size == SIZE:
                read.append((top, left))
            y, x = np.mgrid[top:bottom, left:right] * (SIZE / size) - SIZE / 2
            return np.where(y**2 + x**2 < 1500**2, 200, 60).astype(np.uint8)

        chunks = (500,) * (size // 500)
        return da.map_blocks(block, chunks=(chunks, chunks), dtype=np.uint8)

    levels = [level(size) for size in (6000, 3000, 1500)]
    viewer.add_image(levels, multiscale=True, contrast_limits=(0, 255))
    desk = open_dock()
    desk.dock.live = False
    strokes = desk.dock.new_strokes()
    middle = strokes.data.shape[0] // 2
    strokes.data[middle - 9 : middle + 9, middle - 9 : middle + 9] = 1
    strokes.data[:9] = 2
    strokes.refresh()
    qtbot.wait(50)
    read.clear()
    return desk


def answer(desk):
    with desk.solved() as blocker:
        desk.dock.solve_once()
    return blocker.args[0]["analytic"]


def test_strokes_of_a_huge_picture_are_coarser_and_lie_over_it(huge):
    strokes, image = huge.dock.seeds_layer, huge.dock.image_layer
    assert strokes.data.shape == (3000, 3000)
    np.testing.assert_allclose(strokes.extent.world[1], image.extent.world[1], atol=1)


def test_the_level_in_view_is_solved_and_the_finest_is_not_read(huge, read):
    solution = answer(huge)
    crop = huge.dock.session.answer.request.picture.data
    assert isinstance(crop, Crop)
    assert crop.array.shape[0] < SIZE
    assert not read
    expected = segment(crop[...], crop.strokes(huge.dock.seeds_layer.data), engine="analytic")
    np.testing.assert_array_equal(solution.labels, expected.labels)


def test_the_answer_lies_over_what_it_is_of(huge):
    answer(huge)
    layer = huge.dock.results["analytic", "labels"]
    for world, label in (((3000, 3000), 1), ((3000, 4200), 1), ((3000, 4800), 2), ((900, 900), 2)):
        assert layer.get_value(world, world=True) == label


def test_zoomed_in_the_visible_part_of_the_finest_level_is_solved(huge, read, qtbot):
    camera = getattr(huge.viewer, "scene", huge.viewer).camera
    camera.zoom, camera.center = 2, (0, 3000, 4500)
    qtbot.wait(400)
    strokes = huge.dock.seeds_layer
    strokes.data[1490:1510, 2200:2220], strokes.data[1490:1510, 2280:2300] = 1, 2
    strokes.refresh()
    read.clear()
    answer(huge)
    crop = huge.dock.session.answer.request.picture.data
    assert crop.array.shape[0] == SIZE
    assert len(set(read)) <= 9  # of 144 blocks
    layer = huge.dock.results["analytic", "labels"]
    np.testing.assert_allclose(layer.scale, crop.step)
    assert [layer.get_value(place, world=True) for place in ((3000, 4460), (3000, 4540))] == [1, 2]


def test_another_view_is_answered_by_itself_when_the_camera_rests(huge):
    huge.dock.seeds_layer.data[1550:1560, 1450:1550] = 2  # within the view to come
    huge.dock.seeds_layer.refresh()
    answer(huge)
    first = huge.dock.session.answer.request.picture.data
    huge.dock.live = True
    camera = getattr(huge.viewer, "scene", huge.viewer).camera
    with huge.solved():
        camera.zoom *= 4
    assert huge.dock.session.answer.request.picture.data is not first


def test_it_is_said_that_a_part_was_answered_and_how_finely(huge):
    answer(huge)
    step = max(huge.dock.session.answer.request.picture.data.step)
    assert f"(the part in view, 1/{step:.2g} of its size, on cpu)" in huge.dock.state


def test_a_view_with_too_few_strokes_is_no_complaint(huge):
    answer(huge)
    huge.dock.live = True
    camera = getattr(huge.viewer, "scene", huge.viewer).camera
    with huge.failed():
        camera.zoom *= 4  # the background's stroke is at the rim
    assert huge.dock.session.state.mood == "hint"
    assert huge.dock.state.startswith("In the part in view, the strokes hold only label 1")
    assert "zoom out" in huge.dock.state
    assert "older" not in huge.dock.state


@pytest.mark.parametrize("task", ["segment", "matte"])
def test_the_whole_of_a_large_photograph_is_saved(
    viewer, open_dock, qtbot, tmp_path, monkeypatch, task
):
    monkeypatch.setattr("napari_deep_energy.crops.WHOLE_PIXELS", 40_000)
    picture = np.full((300, 300, 3), (60, 60, 200), np.uint8)
    picture[80:220, 80:220] = 200, 160, 60
    viewer.add_image(picture, name="photograph")
    desk = open_dock()
    desk.dock.task, desk.dock.live = task, False
    strokes = desk.dock.new_strokes()
    strokes.data[100:200, 100:200], strokes.data[:60] = 1, 2
    desk.dock.keeping.save_result(tmp_path / "out")
    assert "Apply to all" in desk.dock.state
    fold = desk.dock.whole
    fold.folder = tmp_path / "whole"
    with qtbot.waitSignal(fold.asked, timeout=PATIENCE):
        fold.apply.click()
    with qtbot.waitSignal(fold.finished, timeout=PATIENCE):
        fold.go.click()
    (tmp_path / "out").mkdir()
    desk.dock.keeping.save_result(tmp_path / "out")
    qtbot.waitUntil(lambda: "The result is in" in desk.dock.state, timeout=PATIENCE)
    [folder] = (tmp_path / "out").iterdir()
    files = {"segment": {"labels.tif", "labels.png"}, "matte": {"alpha.tif", "alpha.png"}}[task]
    assert files <= {path.name for path in folder.iterdir()}
    found = read_array(next(folder / name for name in files if name.endswith(".png")))
    assert found.shape == (300, 300)
    assert found[150, 150] == {"segment": 1, "matte": 255}[task]
    assert found[10, 10] == {"segment": 2, "matte": 0}[task]
    if task == "matte":
        assert read_array(folder / "cutout.png")[150, 150].tolist() == [200, 160, 60, 255]


def test_what_needs_the_whole_picture_says_so(huge):
    answer(huge)
    assert huge.dock.session.committing.commit() == 0
    assert "Apply to all" in huge.dock.state
