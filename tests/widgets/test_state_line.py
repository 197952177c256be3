"""What the state line says before, between and after answers."""

from __future__ import annotations

import numpy as np

from napari_deep_energy._widgets.results import FAINT
from napari_deep_energy._widgets.wording import State

from .conftest import TWO


def mood(desk):
    return desk.dock.session.state.mood


def test_with_live_off_it_speaks_of_no_answer_before_there_is_one(desk):
    desk.dock.live = False
    desk.paint(*TWO)
    desk.says("Live is off")
    with desk.solved():
        desk.dock.solve_once()
    desk.paint((1, 30, 30))
    desk.says("Changed since the last answer")
    assert mood(desk) == "stale"


def test_strokes_that_change_while_live_is_off_and_it_solves_are_mentioned(desk):
    desk.dock.live = False
    desk.paint(*TWO)
    desk.dock.solve_once()
    desk.paint((1, 30, 30))
    desk.says("Changed since the last answer")
    assert mood(desk) == "stale"


def test_an_empty_layer_is_never_being_solved(viewer, picture, open_dock):
    viewer.add_image(picture)
    desk = open_dock()
    said = []
    desk.dock.session.state_changed.connect(lambda state: said.append(state.text))
    with desk.failed():
        desk.dock.new_strokes()
    desk.dock.session.runner.waiting.emit(0.3)  # as while the picture is made ready
    assert not any("Solving" in text for text in said)
    assert "Paint at least two labels" in desk.dock.state


def test_an_answer_whose_strokes_were_all_erased_is_marked_stale(desk):
    desk.solve(*TWO)
    seeds = desk.dock.seeds_layer
    with desk.failed():
        seeds.data_setitem(seeds.data.nonzero(), 0)
    assert mood(desk) == "stale"
    assert "Nothing is painted; paint at least two labels (M takes a new one)." in desk.dock.state
    assert "older than the strokes" in desk.dock.state


def test_a_plane_without_an_answer_has_none_that_is_stale(viewer, picture, open_dock):
    viewer.add_image(np.stack([picture[..., 0]] * 4))
    viewer.dims.set_current_step(0, 2)
    desk = open_dock()
    desk.dock.new_strokes()
    with desk.solved():
        for row, label in ((5, 1), (-5, 2)):
            desk.dock.seeds_layer.data_setitem(
                (np.array([2]), np.array([row]), np.array([9])), label
            )
    with desk.failed():
        viewer.dims.set_current_step(0, 1)
    assert mood(desk) == "hint"
    assert desk.dock.state.startswith("On this plane, nothing is painted")
    assert "older" not in desk.dock.state


def test_a_layer_that_holds_a_trimap_is_read_as_one(desk):
    desk.dock.task = "matte"
    trimap = np.full(desk.dock.seeds_layer.data.shape, 128, np.uint8)
    trimap[8:16, 8:16], trimap[:3] = 255, 0
    with desk.solved():
        desk.dock.seeds_layer.data = trimap
    alpha = np.asarray(desk.dock.results["analytic", "alpha"].data)
    assert alpha[8:16, 8:16].min() > 0.7
    assert alpha[:3].max() < 0.3
    assert "Read as a trimap" in desk.dock.state
    assert desk.dock.seeds_layer.opacity == FAINT, "else it would hide the matte below it"


def test_a_trimap_that_is_segmented_is_mentioned(desk):
    trimap = np.full(desk.dock.seeds_layer.data.shape, 128, np.uint8)
    trimap[8:16, 8:16], trimap[:3] = 255, 0
    with desk.solved():
        desk.dock.seeds_layer.data = trimap
    assert "choose the task matte" in desk.dock.state


def test_a_matte_says_that_further_labels_are_background(desk):
    desk.dock.task = "matte"
    desk.solve(*TWO)
    assert "count as background" not in desk.dock.state
    desk.solve((3, 4, 30))
    assert "Labels above 2 count as background" in desk.dock.state


def test_a_long_path_does_not_widen_the_dock(desk):
    width = desk.dock.minimumSizeHint().width()
    desk.dock.session.say(State("error", f"cannot be written: /{'folder' * 60}/work.deepenergy"))
    assert desk.dock.minimumSizeHint().width() == width
