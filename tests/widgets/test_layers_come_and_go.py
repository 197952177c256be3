"""Layers deleted, renamed, reordered and hidden, idle and in the middle of a solve."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from .conftest import PATIENCE, TWO, Desk, act


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


@pytest.mark.parametrize("what", ["delete", "rename", "hide", "reorder"])
def test_no_layer_is_missed(desk, qtbot, what):
    """Idle first, then with a solve under way; afterwards the next stroke is answered."""
    for place, role in enumerate(("result", "strokes", "image") * 2):
        desk.solve(*TWO, (1, 20, 20 + place))
        layers = {
            "image": desk.dock.image_layer,
            "strokes": desk.dock.seeds_layer,
            "result": desk.dock.results["analytic", "labels"],
        }
        if place >= 3:
            desk.dock.solve_once()
        act(desk.viewer, layers[role], what)
        qtbot.wait(20)
        if desk.dock.image_layer is None:
            desk.says("Open a picture")
            desk.viewer.add_image(layers["image"].data)
        if desk.dock.seeds_layer is None:
            desk.says("paint label 1")
            desk.dock.new_strokes().brush_size = 3
    desk.solve(*TWO, (1, 30, 20))


def test_a_deleted_result_is_made_anew(desk):
    desk.solve(*TWO)
    old = desk.dock.results["analytic", "labels"]
    desk.viewer.layers.remove(old)
    assert ("analytic", "labels") not in desk.dock.results
    desk.solve((1, 30, 30))
    new = desk.dock.results["analytic", "labels"]
    assert new is not old
    assert new in desk.viewer.layers


def test_a_deleted_result_comes_back_on_view_beside_the_other_engine_s(desk):
    desk.dock.engine = "both"
    desk.solve(*TWO)
    desk.viewer.layers.remove(desk.dock.results["analytic", "labels"])
    desk.solve((1, 16, 32))
    on_view = [engine for (engine, kind), layer in desk.dock.results.items() if layer.visible]
    assert on_view == ["analytic"]


def test_all_layers_can_be_deleted_at_once(desk):
    desk.solve(*TWO)
    desk.dock.solve_once()
    desk.viewer.layers.clear()
    assert desk.dock.image_layer is None
    desk.says("Open a picture")


def test_results_lie_below_the_strokes_which_stay_selected(desk):
    desk.solve(*TWO)
    layers = desk.viewer.layers
    assert layers[-1] == desk.dock.seeds_layer == layers.selection.active
    assert desk.dock.seeds_layer.mode == "paint"


def test_new_strokes_are_for_the_image_that_was_opened_last(desk, picture):
    desk.solve(*TWO)
    first, painted = desk.dock.image_layer, desk.dock.seeds_layer
    second = desk.viewer.add_image(picture[::-1].copy(), name="second")
    made = desk.dock.new_strokes()
    assert (desk.dock.image_layer, desk.dock.seeds_layer) == (second, made)
    desk.dock.image_layer = first
    assert desk.dock.seeds_layer == painted


def test_the_strokes_of_one_image_never_answer_another(desk, picture):
    painted = desk.dock.seeds_layer
    desk.solve(*TWO)
    desk.viewer.add_image(picture[::-1].copy(), name="second")
    made = desk.dock.new_strokes()
    desk.viewer.layers.remove(made)
    assert desk.dock.seeds_layer is None
    assert painted in desk.viewer.layers


def test_a_new_image_gets_results_of_its_own(desk, picture):
    desk.solve(*TWO)
    old = desk.dock.results["analytic", "labels"]
    wide = np.hstack([picture, picture])
    desk.dock.image_layer = desk.viewer.add_image(wide, name="wide")
    desk.dock.new_strokes().brush_size = 3
    desk.solve(*TWO)
    assert desk.labels().shape == wide.shape[:2]
    assert old.data.shape == picture.shape[:2]
    assert old in desk.viewer.layers


def test_changed_pixels_are_solved_anew(desk):
    desk.solve(*TWO)
    before = desk.labels().copy()
    with desk.solved():
        desk.dock.image_layer.data = desk.dock.image_layer.data[:, ::-1].copy()
    assert (desk.labels() != before).any()
    with desk.solved():
        desk.dock.image_layer.data[:24] = 0
        desk.dock.image_layer.refresh()


def callbacks(viewer):
    """How many callbacks hang on the layers and on their list."""
    layers = list(viewer.layers)
    own = viewer.layers.events, viewer.dims.events, viewer.cursor.events
    groups = [*own, *(layer.events for layer in layers)]
    return sum(len(emitter.callbacks) for group in groups for emitter in group.emitters.values())


def test_closing_and_opening_leaves_the_callbacks_as_they_were(desk, qtbot):
    desk.solve(*TWO)
    desk.dock.open_session()  # in a window now, whose canvas is guarded from the first time on
    count = callbacks(desk.viewer)
    for _ in range(20):
        desk.dock.hide()  # with the window not on screen, no event comes by itself
        desk.dock.hideEvent(hidden())
        assert not desk.dock.session.runner.thread_is_alive
        desk.dock.show()
        desk.dock.open_session()
        desk.dock.open_session()
        assert callbacks(desk.viewer) == count
    desk.solve((1, 30, 30))


def test_a_closed_dock_does_nothing(desk, qtbot):
    desk.solve(*TWO)
    desk.dock.hideEvent(hidden())
    with qtbot.assertNotEmitted(desk.dock.solved, wait=300):
        desk.paint((2, 15, 32))
    with desk.solved():
        desk.dock.open_session()


def test_a_deleted_dock_leaves_nothing_behind(viewer, picture, qtbot):
    viewer.add_image(picture)
    before = callbacks(viewer)
    desk = Desk(viewer, qtbot)
    desk.dock.new_strokes()
    desk.viewer.layers.remove(desk.dock.seeds_layer)
    runner = desk.dock.session.runner
    viewer.window.remove_dock_widget(desk.dock)
    desk.dock.deleteLater()
    del desk
    qtbot.wait(50)
    gc.collect()
    assert callbacks(viewer) == before
    assert not runner.thread_is_alive


def test_closing_the_window_ends_the_thread(desk, qtbot):
    desk.solve(*TWO)
    runner = desk.dock.session.runner
    assert runner.thread_is_alive
    desk.viewer.close()
    qtbot.waitUntil(lambda: not runner.thread_is_alive, timeout=PATIENCE)


def hidden():
    from qtpy.QtGui import QHideEvent

    return QHideEvent()
