"""While the pointer rests with a brush in hand, the exact solver works ahead for a stroke there."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from napari_deep_energy._widgets.solving import Desk as Solving
from napari_deep_energy.interactive import InteractiveSolver

from .conftest import PATIENCE, TWO


@pytest.fixture
def expected(monkeypatch):
    """Pixels that the solver was told of."""
    pixels, expect_stroke = [], InteractiveSolver.expect_stroke

    def noted(self, row, column, stop):
        pixels.append((row, column))
        expect_stroke(self, row, column, stop)

    monkeypatch.setattr(InteractiveSolver, "expect_stroke", noted)
    return pixels


def rest(desk, row, column):
    """The pointer comes to rest there."""
    desk.viewer.mouse_over_canvas = True
    desk.viewer.cursor.position = (float(row), float(column))


def waited(desk, expected, pixel):
    desk.qtbot.waitUntil(lambda: bool(expected) and expected[-1] == pixel, timeout=PATIENCE)


def test_where_the_pointer_rests_a_stroke_is_expected(desk, expected):
    desk.solve(*TWO)
    rest(desk, 20, 30)
    waited(desk, expected, (20, 30))
    rest(desk, 33.4, 5.6)
    waited(desk, expected, (33, 6))
    answer = desk.solve((1, 33, 6))["analytic"]
    desk.dock.live = False
    with desk.solved() as blocker:
        desk.dock.solve_once()
    torch.testing.assert_close(answer.x, blocker.args[0]["analytic"].x, atol=1e-5, rtol=0)


def test_and_where_it_has_stayed_since_the_last_one(desk, expected):
    rest(desk, 12, 13)
    desk.solve(*TWO)
    waited(desk, expected, (12, 13))


WHYS = ("no brush", "not live", "network", "outside", "away", "in 3D", "closed", "not seeds")


@pytest.mark.parametrize("why", WHYS)
def test_not_if_no_exact_stroke_can_follow(desk, expected, why):
    desk.solve(*TWO)
    rest(desk, 20, 30)
    waited(desk, expected, (20, 30))
    if why == "no brush":
        desk.dock.seeds_layer.mode = "pan_zoom"
    elif why == "not live":
        desk.dock.live = False
    elif why == "network":
        desk.choose(engine="network")
        desk.qtbot.waitSignal(desk.dock.solved, timeout=PATIENCE).wait()
    elif why == "closed":
        desk.dock.session.detach(id(desk.dock))
    elif why == "away":
        desk.viewer.mouse_over_canvas = False
    elif why == "in 3D":
        desk.viewer.dims.ndisplay = 3
    elif why == "not seeds":
        desk.viewer.layers.selection.active = desk.viewer.layers["picture"]
    desk.qtbot.wait(150)
    expected.clear()
    desk.viewer.cursor.position = (480.0, 640.0) if why == "outside" else (21.0, 31.0)
    desk.qtbot.wait(150)
    assert not expected


def test_on_a_layer_that_is_scaled_and_moved(viewer, picture, open_dock, expected):
    viewer.add_image(picture, scale=(2, 0.5), translate=(100, 7))
    desk = open_dock()
    desk.dock.new_strokes().brush_size = 3
    with desk.solved():
        desk.paint(*TWO)
    rest(desk, 100 + 2 * 20, 7 + 0.5 * 30)
    waited(desk, expected, (20, 30))


def test_on_the_plane_on_display(viewer, picture, open_dock, expected):
    viewer.add_image(np.stack([picture[..., 0]] * 3))
    viewer.dims.set_current_step(0, 1)
    desk = open_dock()
    strokes = desk.dock.new_strokes()
    strokes.brush_size = 3
    with desk.solved():
        for label, row, column in TWO:
            strokes.paint((1, row, column), label)
    viewer.mouse_over_canvas = True
    viewer.cursor.position = (1.0, 20.0, 30.0)
    waited(desk, expected, (20, 30))


@pytest.mark.parametrize("what", ["stroke", "preview"])
def test_work_ahead_ends_when_something_is_asked_for(desk, qtbot, monkeypatch, what):
    begun, ended = threading.Event(), threading.Event()

    def expect_stroke(self, row, column, stop):
        begun.set()
        while not stop():
            threading.Event().wait(0.005)
        ended.set()

    desk.solve(*TWO)
    monkeypatch.setattr(InteractiveSolver, "expect_stroke", expect_stroke)
    rest(desk, 20, 30)
    qtbot.waitUntil(begun.is_set, timeout=PATIENCE)
    if what == "stroke":
        desk.solve((1, 20, 30))
    else:
        with (
            qtbot.waitSignal(desk.dock.previewed, timeout=PATIENCE),
            desk.dock.seeds_layer.block_history(),
        ):
            desk.paint((2, 30, 5))
            qtbot.wait(200)
    assert ended.is_set()


def test_a_new_place_takes_the_place_of_the_former_one(desk, qtbot, monkeypatch):
    begun, ended = [], []

    def expect_stroke(self, row, column, stop):
        begun.append(row)
        while row == 20 and not stop():
            threading.Event().wait(0.005)
        ended.append(row)

    desk.solve(*TWO)
    monkeypatch.setattr(InteractiveSolver, "expect_stroke", expect_stroke)
    rest(desk, 20, 30)
    qtbot.waitUntil(lambda: begun == [20], timeout=PATIENCE)
    rest(desk, 21, 30)
    qtbot.waitUntil(lambda: ended == [20, 21], timeout=PATIENCE)


def test_work_ahead_does_not_end_what_was_asked_for_after_it(desk, qtbot, expected, gate):
    desk.solve(*TWO)
    rest(desk, 20, 30)
    waited(desk, expected, (20, 30))
    gate.clear()
    with desk.solved():
        desk.paint((1, 20, 30))
        rest(desk, 22, 32)
        qtbot.wait(150)
        gate.set()
    waited(desk, expected, (22, 32))


def test_work_ahead_waits_for_what_was_asked_for(desk, qtbot, expected, gate):
    desk.solve(*TWO)
    desk.qtbot.wait(150)
    expected.clear()
    gate.clear()
    with desk.solved():
        desk.paint((1, 20, 30))
        rest(desk, 21, 31)
        qtbot.wait(150)
        assert not expected
        gate.set()
    waited(desk, expected, (21, 31))


def test_work_ahead_that_fails_is_no_matter_of_the_user_s(desk, qtbot, monkeypatch):
    failed = threading.Event()

    def fails(self, picture, pixel):
        def work(report, stop):
            failed.set()
            raise MemoryError

        return work

    desk.solve(*TWO)
    before = desk.dock.state
    monkeypatch.setattr(Solving, "expectation", fails)
    rest(desk, 20, 30)
    qtbot.waitUntil(failed.is_set, timeout=PATIENCE)
    qtbot.wait(50)
    assert desk.dock.state == before
    desk.solve((1, 20, 30))
