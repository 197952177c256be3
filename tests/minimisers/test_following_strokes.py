"""A factor that follows the strokes: as exact as a new one, and no more work than they ask for."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from napari_deep_energy import kernels
from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.interactive import InteractiveSolver
from napari_deep_energy.minimisers import NestedDissection

from .exact import TOLERANCE, assert_followed, corners, error, every_spec, picture, problem_of

pytestmark = pytest.mark.usefixtures("way")


@every_spec
def test_strokes_erasures_and_new_classes_are_followed_exactly(spec):
    assert_followed(spec, (75, 90), 8)


@every_spec
def test_a_prepared_picture_is_solved_like_one_more_stroke(spec, eliminated):
    size = (100, 130)
    labels = np.zeros(size, int)
    labels[5, 5:8], labels[9, 9] = 1, 2
    problem = problem_of(spec, picture(size), labels)
    laplacian = spec.laplacian(problem.image)
    engine = NestedDissection()
    engine.prepare(problem.image, laplacian, confidence=spec.known_confidence)
    assert sum(eliminated) == 100 * 130
    eliminated.clear()
    solution = engine.minimise(problem, spec.energy(problem, laplacian))
    assert 0 < sum(eliminated) < 100 * 130 / 2
    assert error(spec, problem, solution) < TOLERANCE


@every_spec
def test_another_picture_is_solved_as_by_a_new_engine(spec):
    engine, size = NestedDissection(), (150, 170)
    for seed in range(2):
        labels = corners(size)
        labels[20:30, seed * 40 : seed * 40 + 20] = 1
        problem = problem_of(spec, np.roll(picture(size), 31 * seed, 1), labels)
        solution = engine.minimise(problem, spec.energy(problem))
    again = NestedDissection().minimise(problem, spec.energy(problem))
    torch.testing.assert_close(solution.x, again.x, atol=0, rtol=0)


def test_a_picture_of_the_same_size_gets_the_memory_of_the_last(way):
    engine = NestedDissection()
    memory = []
    for size in ((150, 170), (150, 170), (120, 170)):
        problem = problem_of(COLOUR, picture(size), corners(size))
        engine.minimise(problem, COLOUR.energy(problem))
        memory.append(engine._state.factor)
    assert (memory[0] is memory[1]) == (way == "compiled")
    assert memory[1] is not memory[2]


def test_a_solver_takes_over_from_the_former_one(way):
    former = memory = None
    for seed in range(2):
        image, labels = picture((150, 170), seed), corners((150, 170))
        former = InteractiveSolver(image, labels.shape, COLOUR, former=former)
        former.solve(labels, "analytic")
        last, memory = memory, former._minimisers["analytic"]._state.factor
    assert (memory is last) == (way == "compiled")


def test_a_stroke_reads_only_the_nodes_above_it(eliminated):
    spec, size = RandomWalker(), (256, 256)
    problem = problem_of(spec, picture(size), corners(size))
    energy = spec.energy(problem)
    engine = NestedDissection()
    engine.minimise(problem, energy)
    assert sum(eliminated) == 256 * 256
    eliminated.clear()
    engine.minimise(problem, energy)
    assert sum(eliminated) == 0
    labels = corners(size)
    labels[5, 5:8] = 1
    problem = problem_of(spec, picture(size), labels)
    engine.minimise(problem, spec.energy(problem, energy.laplacian))
    # One tile or block of at most 64 x 64 and the separators above it.
    assert 0 < sum(eliminated) < 64 * 64 + 256 + 2 * 128 + 2 * 64


def test_a_prior_that_moves_everywhere_eliminates_only_what_the_stroke_reaches(eliminated):
    size = (256, 256)
    image, labels = picture(size), corners(size)
    engine, first = NestedDissection(), problem_of(COLOUR, picture(size), labels)
    energy = COLOUR.energy(first)
    engine.minimise(first, energy)
    whole = sum(eliminated)
    eliminated.clear()
    labels[40:50, 60] = 1
    problem = problem_of(COLOUR, image, labels)
    followed = COLOUR.energy(problem, energy.laplacian)
    moved = (followed.targets != energy.targets).any(1).float().mean()
    assert moved > 0.5
    assert error(COLOUR, problem, engine.minimise(problem, followed)) < TOLERANCE
    assert sum(eliminated) < whole / 4


@pytest.fixture(params=[1, 2, 3])
def threads(request, monkeypatch):
    """How many threads share the work, down to small fronts, and all look at ``stop`` always."""
    pytest.importorskip("numba")
    from napari_deep_energy.minimisers.nested_dissection.compiled import factor, team

    monkeypatch.setattr(team, "POLL", 0.0)
    monkeypatch.setattr(factor, "SHARED", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_threads_that_share_the_work_find_the_same(spec, threads):
    size = (140, 150)
    image, labels = picture(size), corners(size)
    engine, problem = NestedDissection(), problem_of(spec, image, labels)
    energy = spec.energy(problem)
    assert error(spec, problem, engine.minimise(problem, energy)) < TOLERANCE
    labels[60:64, 20:120] = 2
    stroke = problem_of(spec, image, labels)
    followed = engine.minimise(stroke, spec.energy(stroke, energy.laplacian))
    assert error(spec, stroke, followed) < TOLERANCE


@pytest.mark.parametrize("way", ["compiled"], indirect=True)
def test_the_answer_is_the_same_to_the_last_digit_however_the_work_is_shared(
    way, threads, monkeypatch
):
    from napari_deep_energy.minimisers.nested_dissection.compiled import factor

    monkeypatch.setattr(factor, "SHARES", 1)  # subtrees, for several threads too
    size = (400, 700)  # with several panels of pivots
    problem = problem_of(RandomWalker(), picture(size), corners(size))
    energy = RandomWalker().energy(problem)
    shared = NestedDissection().minimise(problem, energy)
    monkeypatch.undo()
    torch.set_num_threads(1)
    assert torch.equal(shared.x, NestedDissection().minimise(problem, energy).x)


@pytest.mark.parametrize("threads", [1, 8])
def test_every_kernel_is_rehearsed_however_many_threads_there_are(threads):
    pytest.importorskip("numba")
    names = (
        "from napari_deep_energy.minimisers.nested_dissection.compiled import trees, rehearsal; "
        f"import torch; torch.set_num_threads({threads}); rehearsal.rehearse(torch.float32); "
        "print([n for n, k in vars(trees).items() if n.endswith(('_tops', '_blocks', '_together'))"
        " and not k.signatures])"
    )
    ran = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("way", ["compiled"], indirect=True)
@pytest.mark.parametrize("threads", [2], indirect=True)
def test_work_that_was_asked_to_stop_is_not_taken_for_done(way, threads):
    from napari_deep_energy.minimisers.nested_dissection.compiled.factor import Factor
    from napari_deep_energy.minimisers.nested_dissection.plan import make_plan

    def stops_when_asked(memory, flag):
        while not flag[0]:
            time.sleep(0.001)

    factor = Factor(make_plan((40, 40), ((0, 0), (1, 0), (0, 1))), torch.zeros(0))
    at_the_start = iter([False])
    with pytest.raises(Cancelled):
        factor.team.run([stops_when_asked], lambda: next(at_the_start, True))


def test_a_cancelled_call_is_harmless(way, threads):
    # Kernels do in a few calls what takes many batches.
    calls = (0, 1, 2) if way == "compiled" else (0, 5, 40)
    spec, size = RandomWalker(), (75, 90)
    problem = problem_of(spec, picture(size), corners(size))
    energy = spec.energy(problem)
    engine = NestedDissection()
    for polls in calls:
        left = iter([False] * polls)
        with pytest.raises(Cancelled):
            engine.minimise(problem, energy, lambda left=left: next(left, True))
    assert error(spec, problem, engine.minimise(problem, energy)) < TOLERANCE
    labels = corners(size)
    labels[40:45, 30:70], labels[60, 60] = 2, 3
    stroke = problem_of(spec, picture(size), labels)
    for polls in calls:
        left = iter([False] * polls)
        with pytest.raises(Cancelled):
            engine.minimise(
                stroke, spec.energy(stroke, energy.laplacian), lambda left=left: next(left, True)
            )
    again = engine.minimise(problem, energy)
    assert error(spec, problem, again) < TOLERANCE


def test_another_picture_is_not_mistaken_for_the_last():
    spec, engine, size = RandomWalker(), NestedDissection(), (30, 40)
    for seed in range(3):
        problem = problem_of(spec, picture(size, seed), corners(size))
        solution = engine.minimise(problem, spec.energy(problem))
        assert error(spec, problem, solution) < TOLERANCE


def test_kernels_that_come_later_take_over_without_a_trace(monkeypatch):
    spec, size = RandomWalker(), (75, 90)
    labels = corners(size)
    engine, problem = NestedDissection(), problem_of(spec, picture(size), labels)
    energy = spec.energy(problem)
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "is_ready", lambda _dtype: False)
        engine.minimise(problem, energy)
    before = engine._state.factor
    labels[40:45, 30:70] = 2
    stroke = problem_of(spec, picture(size), labels)
    followed = engine.minimise(stroke, spec.energy(stroke, energy.laplacian))
    assert (engine._state.factor is not before) == kernels.is_ready(torch.float32)
    assert error(spec, stroke, followed) < TOLERANCE
