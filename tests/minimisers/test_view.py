"""Strokes that stay near each other: the nodes above them are left alone, the answers are exact."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled

from .exact import TOLERANCE, every_spec, picture
from .painter import SIZE, Painter

pytest.importorskip("numba")
pytestmark = [
    pytest.mark.usefixtures("way", "small"),
    pytest.mark.parametrize("way", ["compiled"], indirect=True),
]


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
