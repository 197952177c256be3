"""Pictures that are cut along diagonals: the same answer, with less arithmetic and memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_energy import kernels
from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.minimisers import NestedDissection
from napari_deep_energy.minimisers.nested_dissection.choosing import NARROW
from napari_deep_energy.minimisers.nested_dissection.diamonds import Diamond
from napari_deep_energy.minimisers.nested_dissection.plan import make_plan
from napari_deep_energy.minimisers.nested_dissection.system import System
from napari_deep_energy.stopping import never

from .exact import TOLERANCE, assert_followed, corners, error, first_solve, picture, problem_of

FOUR = ((0, 0), (1, 0), (0, 1))
SIZES = [
    (1, 1),
    (1, 9),
    (2, 2),
    (6, 5),
    (19, 21),
    (30, 34),
    (40, 40),
    (64, 65),
    (90, 131),
    (33, 260),
]
"""Of one part, of some that are not clipped, and of clipped ones."""


@pytest.fixture
def compiled():
    """The compiled factor, which is the one that follows diamonds."""
    pytest.importorskip("numba")
    assert kernels.make_ready()
    from napari_deep_energy.minimisers.nested_dissection.compiled.factor import Factor

    return Factor


def nodes_of(plan):
    """Pixels, relative to the picture, that each node eliminates, and those of its ring."""
    for level in plan.levels:
        for shape in level:
            for origin in shape.origins:
                yield shape.pivots + origin, shape.ring + origin


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_each_pixel_is_eliminated_once_within_the_margin(size):
    plan = make_plan(size, FOUR, in_diamonds=True)
    margin = plan.margin
    times = np.zeros([length + 2 * margin for length in size], int)
    for pivots, ring in nodes_of(plan):
        np.add.at(times, tuple((pivots + margin).T), 1)
        assert ((ring + margin >= 0) & (ring + margin < times.shape)).all()
    assert (times[margin:-margin, margin:-margin] == 1).all()
    assert times.max() == 1


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_each_coupling_is_in_the_front_that_eliminates_its_first_pixel(size):
    plan = make_plan(size, FOUR, in_diamonds=True)
    found = set()
    for level in plan.levels:
        for shape in level:
            front = np.concatenate([shape.pivots, shape.ring])
            row, column = np.divmod(shape.slots, len(front))
            for origin in shape.origins:
                ends = np.stack([front[row], front[column]], 1) + origin
                found |= {frozenset(map(tuple, pair)) for pair in ends.tolist()}
    height, width = size
    down = {frozenset([(i, j), (i + 1, j)]) for i in range(height - 1) for j in range(width)}
    right = {frozenset([(i, j), (i, j + 1)]) for i in range(height) for j in range(width - 1)}
    assert down | right <= found


def random_system(plan, classes, held):
    """Couplings of very different size; the last is what a plan's margin asks for."""
    (height, width), margin = plan.size, plan.margin
    random = np.random.default_rng(height)
    planes = np.zeros((len(plan.offsets), height + 2 * margin, width + 2 * margin))
    for number, (down, right) in enumerate(plan.offsets):
        inner = planes[number, margin : margin + height - down, margin : margin + width - right]
        inner[:] = 10 ** random.uniform(-6, 0, inner.shape)
    rhs = random.standard_normal((height * width, classes))
    columns = torch.from_numpy(held)[:, None], torch.from_numpy(rhs)
    return System(torch.from_numpy(planes).flatten(), *columns)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_diamonds_and_rectangles_have_one_answer(size, compiled):
    held = np.random.default_rng(0).random(size[0] * size[1]) < 0.02
    held[0] = True
    changed = np.random.default_rng(1).random(held.size) < 0.01
    answers = []
    for in_diamonds in (False, True):
        plan = make_plan(size, FOUR, in_diamonds=in_diamonds)
        factor = compiled(plan, torch.zeros(0, dtype=torch.float64))
        factor.take_in(random_system(plan, 2, held * 1.0), None, True, never)
        answers.append(factor.solve(never))
        factor.take_in(random_system(plan, 2, held + 3.0 * changed), changed, False, never)
        answers.append(factor.solve(never))
    torch.testing.assert_close(answers[0], answers[2], atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(answers[1], answers[3], atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("side", [64, 81, 96, 112, 130, 160, 163, 192, 255, 315, 325, 448, 640])
def test_tiles_of_a_picture_of_any_size_have_one_shape(side):
    from napari_deep_energy.minimisers.nested_dissection.compiled.building import make_program

    for size in ((side, side), (side, side + 1), (side, 2 * side)):
        assert len(make_program(make_plan(size, FOUR, in_diamonds=True)).tiles) == 1


def test_they_take_about_half_the_arithmetic_and_two_thirds_of_the_memory(compiled):
    memory, products = [], []
    for in_diamonds in (False, True):
        plan = make_plan((512, 512), FOUR, in_diamonds=in_diamonds)
        factor = compiled(plan, torch.zeros(0))
        memory.append(factor.factor.size + factor.kept.size)
        fronts = [(len(s.origins), len(s.pivots), len(s.ring)) for lv in plan.levels for s in lv]
        products.append(sum(n * (p**3 / 3 + p * p * r + p * r * r) for n, p, r in fronts))
    assert memory[1] < 0.67 * memory[0]
    assert products[1] < 0.55 * products[0]


@pytest.mark.parametrize("size", [(NARROW, NARROW), (130, 75), (75, 301)], ids=str)
@pytest.mark.parametrize("spec", [RandomWalker(), RandomWalker(hard_seeds=True), COLOUR], ids=str)
def test_pictures_are_solved_exactly_and_followed(spec, size, compiled):
    problem, solution = first_solve(spec, picture(size), corners(size))
    assert error(spec, problem, solution) < TOLERANCE
    assert_followed(spec, size, 4)


@pytest.mark.parametrize(
    ("spec", "size", "kind"),
    [
        (RandomWalker(), (NARROW, 90), Diamond),
        (RandomWalker(), (NARROW - 1, 90), None),
        (ClosedFormMatting(), (NARROW, 90), None),
    ],
    ids=str,
)
def test_they_are_for_four_neighbours_and_pictures_that_are_not_narrow(spec, size, kind, compiled):
    engine, problem = NestedDissection(), problem_of(spec, picture(size), corners(size))
    engine.minimise(problem, spec.energy(problem))
    factor = engine._state.factor
    assert isinstance(factor, compiled)
    is_diamond = isinstance(factor.plan.levels[0][0].region, Diamond)
    assert is_diamond == (kind is Diamond)


def test_kernels_that_come_to_hand_cut_the_picture_anew(monkeypatch, compiled):
    spec, size = RandomWalker(hard_seeds=True), (90, 120)
    labels = corners(size)
    problem = problem_of(spec, picture(size), labels)
    engine, laplacian = NestedDissection(), spec.laplacian(problem.image)
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "is_ready", lambda _dtype: False)
        engine.minimise(problem, spec.energy(problem, laplacian))
        assert engine._state.factor.plan.margin == 1
    labels[40:44, 30:80] = 2
    problem = problem_of(spec, picture(size), labels)
    solution = engine.minimise(problem, spec.energy(problem, laplacian))
    assert isinstance(engine._state.factor.plan.levels[0][0].region, Diamond)
    assert error(spec, problem, solution) < TOLERANCE
