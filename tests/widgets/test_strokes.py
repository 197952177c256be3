"""What the user does to the strokes, and what the result layers then hold."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from napari_deep_energy import segment

from .conftest import PATIENCE, TWO


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


def test_two_strokes_give_labels_of_both_engines(desk, picture):
    desk.dock.engine = "both"
    solutions = desk.solve(*TWO)
    assert set(solutions) == {"network", "analytic"}
    assert set(desk.dock.results) == {("network", "labels"), ("analytic", "labels")}
    expected = segment(picture, desk.dock.seeds_layer.data, engine="analytic").labels
    assert (desk.labels() == expected).all()


def test_results_are_updated_in_place(desk):
    desk.solve(*TWO)
    layer = desk.dock.results["analytic", "labels"]
    array, before = layer.data, layer.data.copy()
    desk.solve((2, 15, 32), (2, 20, 32))
    assert desk.dock.results["analytic", "labels"] is layer
    assert layer.data is array
    assert (array != before).any()


def test_undo_and_redo_update_the_result(desk):
    desk.solve(*TWO)
    before = desk.labels().copy()
    desk.solve((2, 15, 32))
    after = desk.labels().copy()
    assert (before != after).any()
    with desk.solved():
        desk.dock.seeds_layer.undo()
    assert (desk.labels() == before).all()
    with desk.solved():
        desk.dock.seeds_layer.redo()
    assert (desk.labels() == after).all()


def test_erasing_updates_the_result(desk, picture):
    desk.solve(*TWO)
    before = desk.labels().copy()
    desk.solve((0, 40, 32))
    expected = segment(picture, desk.dock.seeds_layer.data, engine="analytic").labels
    assert (desk.labels() == expected).all()
    assert (expected != before).any()


def test_fill_and_data_setitem_update_the_result(desk):
    desk.solve(*TWO)
    seeds = desk.dock.seeds_layer
    with desk.solved():
        seeds.data_setitem((np.arange(20, 30), np.full(10, 10)), 2)
    assert (desk.labels()[20:30, 10] == 2).all()
    with desk.solved():
        seeds.fill((4, 4), 1)
    assert desk.labels()[4, 4] == 1


def test_a_script_that_writes_into_the_layer_updates_the_result(desk):
    desk.solve(*TWO)
    with desk.solved():
        desk.dock.seeds_layer.data[44:] = 2
        desk.dock.seeds_layer.refresh()
    assert (desk.labels()[45:] == 2).all()
    with desk.solved():
        desk.dock.seeds_layer.data = np.flipud(desk.dock.seeds_layer.data).copy()
    assert (desk.labels()[:3] == 2).all()


def test_a_third_label_adds_a_class(desk):
    desk.solve(*TWO)
    desk.solve((7, 44, 5))
    assert set(np.unique(desk.labels())) == {1, 2, 7}


def test_one_label_asks_for_another_and_keeps_the_window_alive(desk):
    with desk.failed():
        desk.paint((1, 15, 32))
    assert "at least two labels" in desk.dock.state
    assert desk.dock.results == {}
    desk.solve((2, 4, 4))
    assert "exact" in desk.dock.state


def test_the_picture_is_factored_before_the_first_complete_strokes(desk, qtbot, eliminated):
    """Stroke by stroke: the time between the first label and the second is used."""
    prepared = desk.dock.session.runner._worker.done
    with qtbot.waitSignal(prepared, timeout=PATIENCE), desk.failed():
        desk.paint((1, 15, 32))
    # All of it; twice if one more request came before it was done.
    assert eliminated
    assert sum(eliminated) % (48 * 64) == 0
    eliminated.clear()
    desk.solve((2, 4, 4))
    # So small a picture is a single block to the kernels, and eliminated anew.
    assert 0 < sum(eliminated) <= 48 * 64


def test_the_strokes_layer_is_never_written(desk):
    for strokes in (TWO, ((1, 16, 32),), ((0, 16, 32), (1, 15, 32))):
        with desk.solved():
            desk.paint(*strokes)
            painted = desk.dock.seeds_layer.data.copy()
        np.testing.assert_array_equal(desk.dock.seeds_layer.data, painted)


def test_nothing_is_solved_twice(desk, qtbot):
    desk.solve(*TWO)
    with qtbot.assertNotEmitted(desk.dock.solved, wait=400):
        desk.dock.seeds_layer.refresh()
        desk.dock.seeds_layer.visible = False
        desk.dock.seeds_layer.visible = True
        desk.dock.image_layer.visible = False


def test_not_live_waits_for_solve_once(desk, qtbot):
    desk.solve(*TWO)
    desk.dock.live = False
    with qtbot.assertNotEmitted(desk.dock.solved, wait=400):
        desk.paint((2, 15, 32))
    assert "Solve once" in desk.dock.state
    with desk.solved():
        desk.dock.solve_once()
    assert desk.labels()[15, 32] == 2


def test_a_moving_brush_is_previewed(desk, qtbot):
    desk.solve(*TWO)
    seeds = desk.dock.seeds_layer
    before = desk.labels().copy()
    rows = cycle(range(10, 30))
    previews = []
    desk.dock.previewed.connect(previews.append)

    def moved_until_previewed():
        seeds.paint((next(rows), 30), 2)
        return bool(previews)

    with seeds.block_history():  # no "paint" comes before it ends
        qtbot.waitUntil(moved_until_previewed, timeout=PATIENCE)
    assert (desk.labels() != before).any()
