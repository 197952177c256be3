"""Layers on demand, and the way to the next uncertain spot."""

from __future__ import annotations

import numpy as np

from napari_deep_energy.uncertainty import uncertainty

from .conftest import TWO


def test_a_viewer_of_a_picture_gets_no_slider(desk):
    desk.solve(*TWO)
    for kind in ("probability", "uncertainty"):
        desk.dock.session.extras.set_wanted(kind, True)
    assert desk.viewer.dims.ndim == 2


def test_probability_follows_the_label_in_hand(desk):
    desk.solve(*TWO, (3, 40, 3))
    desk.dock.session.extras.set_wanted("probability", True)
    layer = desk.dock.results["", "probability"]
    probabilities = desk.dock.session.answer.solutions["analytic"].probabilities
    for label in (1, 3, 2):
        desk.dock.seeds_layer.selected_label = label
        np.testing.assert_array_equal(layer.data, probabilities[label - 1])


def test_uncertainty_follows_the_strokes(desk):
    desk.dock.session.extras.set_wanted("uncertainty", True)
    desk.solve(*TWO)
    layer = desk.dock.results["", "uncertainty"]
    assert layer.visible
    before = layer.data.copy()
    desk.solve((2, 15, 32))
    assert (layer.data != before).any()
    expected = uncertainty(desk.dock.session.answer.solutions["analytic"])
    np.testing.assert_array_equal(layer.data, expected)


def test_layers_that_are_not_wanted_go(desk):
    desk.solve(*TWO)
    extras = desk.dock.session.extras
    extras.set_wanted("uncertainty", True)
    layer = desk.dock.results["", "uncertainty"]
    extras.set_wanted("uncertainty", False)
    assert layer not in desk.viewer.layers
    desk.solve((1, 30, 30))
    assert ("", "uncertainty") not in desk.dock.results


def test_the_other_engine_s_uncertainty_is_shown_with_its_result(desk):
    desk.dock.engine = "both"
    desk.dock.session.extras.set_wanted("uncertainty", True)
    solutions = desk.solve(*TWO)
    layer = desk.dock.results["", "uncertainty"]
    np.testing.assert_array_equal(layer.data, uncertainty(solutions["analytic"]))
    desk.dock.flip()
    np.testing.assert_array_equal(layer.data, uncertainty(solutions["network"]))


def test_the_camera_goes_to_one_spot_after_the_other(desk):
    viewer, seeds = desk.viewer, desk.dock.seeds_layer
    desk.dock.image_layer.scale = seeds.scale = (2, 3)
    desk.solve(*TWO)
    viewer.layers.selection.active, seeds.mode = desk.dock.image_layer, "pan_zoom"
    doubt = uncertainty(desk.dock.session.answer.solutions["analytic"])
    first = desk.dock.session.spots.go_on()
    second = desk.dock.session.spots.go_on()
    assert first != second
    assert doubt[first] > 0.3
    centre = getattr(viewer, "scene", viewer).camera.center  # it has moved in napari 0.9
    np.testing.assert_allclose(centre[-2:], (2 * second[0], 3 * second[1]))
    assert viewer.layers.selection.active == seeds
    assert seeds.mode == "paint"
    assert "spot 2 of" in desk.dock.state


def test_without_an_answer_the_state_line_says_so(desk):
    desk.dock.session.spots.go_on()
    assert "paint strokes first" in desk.dock.state


def test_what_is_wanted_of_one_task_is_not_left_over_the_other(desk):
    desk.dock.session.extras.set_wanted("uncertainty", True)
    desk.solve(*TWO)
    old = desk.dock.results["", "uncertainty"]
    with desk.solved():
        desk.dock.task = "matte"
        assert old not in desk.viewer.layers
    assert desk.dock.results["", "uncertainty"].visible
