"""Strokes near each other, or where one was expected: the nodes above them are left alone.

The answers are exact, wherever the strokes go.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.minimisers import NestedDissection

from .exact import TOLERANCE, corners, error, every_spec, picture, problem_of

pytest.importorskip("numba")
pytestmark = [
    pytest.mark.usefixtures("way", "small"),
    pytest.mark.parametrize("way", ["compiled"], indirect=True),
]

SIZE = (150, 180)


@pytest.fixture
def small(monkeypatch):
    """Nodes of any size may be what the tree is seen from."""
    from napari_deep_energy.minimisers.nested_dissection.compiled import view

    monkeypatch.setattr(view, "LEAST", 1)


class Painter:
    """One picture, painted stroke by stroke."""

    def __init__(self, spec, size=SIZE, seed=0):
        self.spec, self.image, self.labels = spec, picture(size, seed), corners(size)
        self.engine, self.laplacian = NestedDissection(), None
        self.solve()

    def problem(self):
        problem = problem_of(self.spec, self.image, self.labels)
        energy = self.spec.energy(problem, self.laplacian)
        self.laplacian = energy.laplacian
        return problem, energy

    def solve(self, stop=lambda: False):
        self.answer = self.engine.minimise(*self.problem(), stop)
        return self.answer

    def paint(self, row, column, label=1):
        self.labels = self.labels.copy()
        self.labels[row : row + 2, column : column + 7] = label
        self.labels[0, 0], self.labels[-1, -1] = 1, 2
        return self.solve()

    def expect(self, row, column, stop=lambda: False):
        self.engine.expect(row, column, stop)

    @property
    def view(self):
        return self.engine._state.factor.view

    def error(self):
        return error(self.spec, self.problem()[0], self.answer)


@every_spec
def test_strokes_here_and_there_are_followed_exactly(spec):
    painter, random = Painter(spec), np.random.default_rng(3)
    row = column = turned = 0
    for step in range(14):
        if step % 4 == 0:
            row, column = random.integers(SIZE[0] - 30), random.integers(SIZE[1] - 30)
        down, right, label = random.integers((20, 20, 3))
        painter.paint(row + down, column + right, label)
        turned += bool(painter.view.path)
        if step % 5 == 4:
            assert painter.error() < TOLERANCE, step
    assert turned > 3
    assert painter.error() < TOLERANCE


@pytest.mark.parametrize("size", [(40, 600), (160, 160), (131, 187)])
@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_pictures_of_any_shape(spec, size):
    painter = Painter(spec, size)
    for step in range(4):
        painter.paint(size[0] // 5 + step, size[1] // 5, 1 + step % 2)
        assert painter.error() < TOLERANCE


def test_a_stroke_near_the_last_leaves_the_nodes_above_alone():
    painter = Painter(RandomWalker())
    painter.paint(20, 70)
    factor = painter.engine._state.factor
    assert not painter.view.path
    painter.paint(22, 72, 2)
    assert len(painter.view.path) > 1
    first, second = (factor.program.nodes[node] for node in (0, 1))
    above = factor.factor[first[2] : second[2]].copy()
    fronts = painter.view.fronts
    painter.paint(24, 70)
    assert np.array_equal(factor.factor[first[2] : second[2]], above)
    assert painter.view.stale[0]
    assert painter.view.fronts == fronts, "what is outside is known"
    assert painter.error() < TOLERANCE


def test_a_stroke_elsewhere_makes_up_for_it():
    painter = Painter(RandomWalker())
    for row in (20, 22, 24):
        painter.paint(row, 70)
    assert painter.view.stale.any()
    painter.paint(130, 150, 2)
    assert not painter.view.path
    assert not painter.view.stale.any()
    assert painter.error() < TOLERANCE


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


def test_erased_and_painted_again_is_the_same():
    painter = Painter(RandomWalker())
    painter.paint(20, 70)
    before = painter.answer.x
    for label in (2, 1, 0, 1):
        painter.paint(20, 70, label)
    assert painter.view.path
    torch.testing.assert_close(painter.answer.x, before, atol=2e-6, rtol=0)


def test_a_new_class():
    painter = Painter(RandomWalker())
    for step, label in enumerate((1, 2, 3, 4, 0)):
        painter.paint(20 + 2 * step, 70, label)
        assert painter.error() < TOLERANCE
    assert painter.view.path


def test_targets_that_move_everywhere():
    painter = Painter(COLOUR)
    for row in (18, 21, 24, 27):
        painter.paint(row, 70, 1 + row % 2)
        assert painter.error() < TOLERANCE
    assert painter.view.path


@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_a_cancelled_stroke_is_harmless_wherever_it_ends(spec, monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection.compiled.team import Team

    run, left = Team.run, [1000]

    def ends_at_some_time(team, tasks, stop):
        left[0] -= 1
        if left[0] < 0:
            raise Cancelled
        run(team, tasks, stop)

    monkeypatch.setattr(Team, "run", ends_at_some_time)
    painter, ended, stages = Painter(spec), True, 0
    while ended:
        ended = False
        for row, column in ((20, 70), (24, 72), (130, 30), (22, 70), (20, 72), (22, 71)):
            left[0] = stages
            try:
                if stages % 2:
                    painter.expect(row, (column + stages) % SIZE[1])
                painter.paint(row + stages % 3, column, 1 + stages % 2)
            except Cancelled:
                ended = True
                left[0] = 1000
                painter.expect(60, 60)
                painter.solve()  # the same strokes again, which may have been taken in already
                assert painter.error() < TOLERANCE
                painter.paint(row + 1, column + 1, 2 - stages % 2)
        assert painter.error() < TOLERANCE
        stages += 5 + stages // 2
    assert stages > 20
    assert painter.view.path


def test_the_threads_that_share_the_work_find_the_same_digits(monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection.compiled import factor

    answers = []
    before = torch.get_num_threads()
    try:
        for threads, least in ((1, 300), (2, 0), (3, 0)):
            torch.set_num_threads(threads)
            monkeypatch.setattr(factor, "SHARED", least)
            painter = Painter(RandomWalker())
            for row in (20, 22, 24):
                painter.paint(row, 70)
            assert painter.view.path
            answers.append(painter.answer.x)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(answers[0], answers[1])
    assert torch.equal(answers[0], answers[2])


def test_another_picture_is_seen_from_its_root():
    painter = Painter(RandomWalker())
    for row in (20, 22, 24):
        painter.paint(row, 70)
    memory = painter.engine._state.factor
    painter.image, painter.laplacian = picture(SIZE, 5), None
    painter.solve()
    assert painter.engine._state.factor is memory
    assert not painter.view.path
    assert painter.error() < TOLERANCE


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
