"""Strokes where one was expected: the nodes above are left alone, the answers are exact anyhow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.minimisers import NestedDissection

from .exact import TOLERANCE, every_spec, picture
from .painter import SIZE, Painter

pytest.importorskip("numba")
pytestmark = [
    pytest.mark.usefixtures("way", "small"),
    pytest.mark.parametrize("way", ["compiled"], indirect=True),
]


@every_spec
def test_strokes_may_be_expected_anywhere(spec):
    painter, random = Painter(spec), np.random.default_rng(5)
    for step in range(12):
        row, column = random.integers((SIZE[0] - 4, SIZE[1] - 12))
        painter.expect(int(row), int(column))
        if step % 3 == 0:  # it goes elsewhere
            row, column = random.integers((SIZE[0] - 4, SIZE[1] - 12))
        painter.paint(row, column, random.integers(3))
        assert painter.error() < TOLERANCE, step


def test_an_expected_stroke_leaves_the_nodes_above_alone():
    painter = Painter(RandomWalker())
    factor = painter.engine._state.factor
    painter.expect(20, 70)
    assert len(painter.view.path) > 1
    assert not painter.view.missing()
    assert not painter.view.stale.any(), "nothing has changed"
    first, second = (factor.program.nodes[node] for node in (0, 1))
    above, outside = factor.factor[first[2] : second[2]].copy(), painter.view.outside
    painter.paint(20, 70)
    assert np.array_equal(factor.factor[first[2] : second[2]], above)
    assert painter.view.stale[0]
    assert painter.view.outside == outside
    assert painter.error() < TOLERANCE
    former = painter.view.path[1:-1]
    painter.expect(130, 150)
    assert not painter.view.stale[former].any(), "they are made up for"
    painter.paint(130, 150, 2)
    assert painter.error() < TOLERANCE


def test_a_pointer_that_stays_costs_nothing(monkeypatch):
    painter = Painter(RandomWalker())
    painter.expect(20, 70)
    factor = painter.engine._state.factor
    monkeypatch.setattr(factor, "catch_up", lambda *_: pytest.fail("all is there"))
    painter.expect(20, 70)


@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_the_same_strokes_again_after_others_were_expected(spec):
    painter = Painter(spec)
    before = painter.answer.x
    painter.expect(20, 70)
    painter.solve()
    torch.testing.assert_close(painter.answer.x, before, atol=2e-6, rtol=0)
    assert painter.error() < TOLERANCE


def test_the_first_stroke_of_a_prepared_picture_may_be_expected():
    painter, other = Painter(RandomWalker()), picture(SIZE, 5)
    painter.image, painter.laplacian = other, None
    problem, energy = painter.problem()
    painter.engine.expect(20, 70)  # of the picture before
    painter.engine.prepare(problem.image, energy.laplacian)
    painter.expect(20, 70)
    assert painter.view.path
    painter.paint(20, 70)
    assert painter.error() < TOLERANCE


def test_more_classes_than_when_it_was_expected():
    painter = Painter(RandomWalker())
    for step, label in enumerate((3, 4, 0)):
        painter.expect(20 + 2 * step, 70)
        painter.paint(20 + 2 * step, 70, label)
        assert painter.error() < TOLERANCE


def test_targets_that_move_everywhere_while_a_stroke_is_expected():
    painter = Painter(COLOUR)
    for row in (18, 90, 24, 100):
        painter.expect(row, 70)
        painter.paint(row, 70, 1 + row % 2)
        assert painter.error() < TOLERANCE


@pytest.mark.parametrize("pixel", [(-1, 3), (SIZE[0], 0), (3, SIZE[1])])
def test_no_stroke_is_expected_outside_of_the_picture(pixel):
    with pytest.raises(InvalidInput, match=r"not in the picture of 150 x 180"):
        Painter(RandomWalker()).expect(*pixel)


def test_nothing_is_expected_before_there_is_a_picture():
    NestedDissection().expect(3, 3)


def relabelled(painter):
    """The same strokes, part of one of a class that was not there: no excess differs."""
    labels = painter.labels.copy()
    labels[40, 30:33] = 3
    return labels


def test_a_stroke_may_be_expected_after_a_cancelled_change_of_classes():
    polls = 0
    while True:
        painter, left = Painter(RandomWalker(hard_seeds=True)), polls
        painter.paint(40, 30, 2)

        def stop():
            nonlocal left
            left -= 1
            return left < 0

        painter.expect(20, 70)
        painter.labels = relabelled(painter)
        is_done = False
        try:
            painter.solve(stop)
            is_done = True
        except Cancelled:
            painter.expect(120, 40)
        factor, state = painter.engine._state.factor, painter.engine._state
        assert not state.changed.any()
        assert len(factor.centre) == len(factor.kept_rhs) == len(state.columns) - 1
        painter.solve()
        assert painter.error() < TOLERANCE, polls
        if is_done:
            break
        polls += 1
    assert polls > 5


@pytest.mark.parametrize("spec", [COLOUR, RandomWalker(hard_seeds=True)], ids=str)
def test_right_hand_sides_that_moved_while_nodes_were_left_alone(spec):
    painter = Painter(spec)
    painter.paint(40, 30, 2)
    painter.expect(20, 70)
    before, former = painter.labels, painter.view.path
    painter.labels = relabelled(painter)
    painter.solve()
    painter.expect(130, 150)
    assert painter.view.path[0] != former[0]
    painter.solve()
    assert painter.error() < TOLERANCE
    painter.labels = before
    painter.solve()
    painter.paint(75, 90)
    assert not painter.view.path
    assert painter.error() < TOLERANCE


def test_where_there_is_no_memory_to_work_ahead_strokes_are_answered_as_before(monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection.compiled import view

    def full(*_):
        raise MemoryError

    painter = Painter(RandomWalker())
    monkeypatch.setattr(view, "lines", full)
    painter.expect(20, 70)
    assert not painter.view.path
    painter.paint(20, 70)
    assert painter.error() < TOLERANCE


def test_a_pointer_on_the_cut_of_the_whole_leaves_the_view_as_it_is():
    painter = Painter(RandomWalker())
    painter.expect(20, 70)
    path = painter.view.path
    program = painter.engine._state.factor.program
    pixel = int(np.flatnonzero(program.owner == 0)[0])
    painter.expect(pixel // SIZE[1], pixel % SIZE[1])
    assert painter.view.path == path


def test_work_ahead_ends_at_once():
    painter = Painter(RandomWalker())
    with pytest.raises(Cancelled):
        painter.expect(20, 70, lambda: True)
    painter.paint(20, 70)
    assert painter.error() < TOLERANCE
