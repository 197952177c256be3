"""Long runs wait for the user; an engine that cannot run does not take the other along."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import segment
from napari_deep_energy._widgets import asking

from .conftest import TWO


def test_a_long_run_waits_for_solve_once_and_then_stays_live(desk, qtbot, monkeypatch):
    monkeypatch.setattr(asking, "preferred", lambda name, default: 0)
    with qtbot.assertNotEmitted(desk.dock.solved, wait=600):
        desk.paint(*TWO)
    assert "Press Solve once" in desk.dock.state
    assert "GiB" in desk.dock.state
    with desk.solved():
        desk.dock.solve_once()
    desk.solve((1, 30, 30))


def test_an_earlier_outcome_does_not_take_the_place_of_the_question(desk, qtbot, monkeypatch):
    desk.paint((1, 15, 32))  # fails soon: one label
    monkeypatch.setattr(asking, "preferred", lambda name, default: 0)
    with qtbot.assertNotEmitted(desk.dock.failed, wait=600):
        desk.paint(*TWO)
    assert "Press Solve once" in desk.dock.state


def test_an_unusable_model_leaves_the_exact_answer(desk, tmp_path, picture):
    desk.dock.engine, desk.dock.model = "both", tmp_path / "none.safetensors"
    solutions = desk.solve(*TWO)
    assert list(solutions) == ["analytic"]
    assert "none.safetensors" in desk.dock.state
    expected = segment(picture, desk.dock.seeds_layer.data, engine="analytic").labels
    np.testing.assert_array_equal(desk.labels(), expected)
    with desk.solved() as blocker:
        desk.dock.model = None
    assert set(blocker.args[0]) == {"network", "analytic"}


def test_strokes_that_cannot_be_solved_are_named_with_both_engines(desk):
    desk.dock.engine = "both"
    with desk.failed():
        desk.paint((1, 15, 32))
    assert "at least two labels" in desk.dock.state


class TestChannels:
    @pytest.fixture
    def channels(self, picture):
        return np.moveaxis(picture, -1, 0)[[0, 1, 2, 0]]

    def test_flat_strokes_on_a_short_first_axis_mean_channels(self, viewer, open_dock, channels):
        viewer.add_image(channels)
        desk = open_dock()
        desk.dock.seeds_layer = viewer.add_labels(np.zeros(channels.shape[1:], np.uint8))
        desk.dock.seeds_layer.brush_size = 3
        desk.solve(*TWO)
        expected = segment(channels, desk.dock.seeds_layer.data, engine="analytic").labels
        np.testing.assert_array_equal(desk.labels(), expected)

    def test_the_user_can_say_so(self, viewer, open_dock, channels):
        viewer.add_image(channels)
        desk = open_dock()
        box = desk.dock.form._channels
        assert not box.isHidden()
        assert not box.isChecked()
        assert desk.dock.new_strokes().data.ndim == 3
        box.setChecked(True)
        desk.dock.new_strokes().brush_size = 3
        assert desk.dock.seeds_layer.data.ndim == 2
        desk.solve(*TWO)
        assert desk.labels().shape == channels.shape[1:]

    def test_the_box_is_there_for_stacks_only(self, desk):
        assert desk.dock.form._channels.isHidden()
