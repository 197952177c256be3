"""The structured direct solver: equal to a sparse one in double precision, stroke after stroke."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_deep_energy import kernels
from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.minimisers import NestedDissection, Outcome, SparseDirect
from napari_deep_energy.problem import Problem

SIZES = [(1, 2), (2, 1), (2, 2), (3, 5), (1, 50), (67, 1), (7, 31), (64, 48), (97, 89)]
SPECS = [
    RandomWalker(),
    RandomWalker(hard_seeds=True),
    COLOUR,
    replace(COLOUR, hard_seeds=True),
    ClosedFormMatting(),
    ClosedFormMatting(hard_seeds=True),
]
TASKS = pytest.mark.parametrize("spec", SPECS, ids=str)
# Measured: 1e-7 to 2e-6 against a float64 factorisation, which is itself this uncertain where
# affinities span ten decades.
TOLERANCE = 1e-5


@pytest.fixture(params=["compiled", "batched"], autouse=True)
def way(request, monkeypatch):
    """Both ways to do the work, compiled kernels and batched products."""
    if request.param == "batched":
        monkeypatch.setattr(kernels, "is_ready", lambda _dtype: False)
    elif not kernels.make_ready():
        pytest.skip("numba is not here")
    return request.param


def picture(size, seed=0):
    """A smooth random picture in [0, 1] with strong and weak edges."""
    noise = np.random.default_rng(seed).random((*size, 3))
    image = gaussian_filter(noise, (1.5, 1.5, 0))
    return ((image - image.min()) / max(np.ptp(image), 1e-9)).astype(np.float32)


def corners(size):
    """One pixel of class 1 and one of class 2, at opposite corners."""
    labels = np.zeros(size, int)
    labels[0, 0], labels[-1, -1] = 1, 2
    return labels


def problem_of(spec, image, labels):
    problem = Problem.from_labels(image, labels)
    return problem.as_matting() if spec.task == "matte" else problem


def error(spec, problem, solution):
    """Largest difference from a float64 sparse solve of the same problem."""
    precise = problem.to(dtype=torch.float64)
    reference = SparseDirect().minimise(precise, spec.energy(precise))
    return (solution.x - reference.x).abs().max().item()


def first_solve(spec, image, labels):
    problem = problem_of(spec, image, labels)
    return problem, NestedDissection().minimise(problem, spec.energy(problem))


@pytest.mark.parametrize(
    ("spec", "size"),
    [(s, size) for s in SPECS for size in SIZES if s.task == "segment" or min(size) >= 3],
    ids=str,
)
def test_any_size_and_aspect_is_solved_exactly(spec, size):
    problem, solution = first_solve(spec, picture(size), corners(size))
    assert solution.outcome is Outcome.EXACT
    assert solution.residual < 1e-5
    assert error(spec, problem, solution) < TOLERANCE


@TASKS
def test_strokes_erasures_and_new_classes_are_followed_exactly(spec):
    rng = np.random.default_rng(1)
    size = (75, 90)
    image, labels = picture(size), corners(size)
    engine, laplacian, past = NestedDissection(), None, []
    for step in range(8):
        problem = problem_of(spec, image, labels)
        energy = spec.energy(problem, laplacian)
        solution, laplacian = engine.minimise(problem, energy), energy.laplacian
        assert error(spec, problem, solution) < TOLERANCE, step
        past.append((labels.copy(), solution.x))
        row, column = rng.integers(size[0] - 5), rng.integers(size[1] - 20)
        labels[row : row + 5, column : column + 20] = rng.integers(0, 4 if step > 2 else 3)
        labels[0, 0], labels[-1, -1] = 1, 2
    painted, before = past[2]
    problem = problem_of(spec, image, painted)
    undone = engine.minimise(problem, spec.energy(problem, laplacian))
    torch.testing.assert_close(undone.x, before, atol=1e-6, rtol=0)


@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_little_memory_changes_the_work_and_not_the_answer(spec, way, monkeypatch):
    if way == "compiled":
        pytest.skip("it keeps little anyway")
    from napari_deep_energy.minimisers.nested_dissection import factor

    size = (75, 90)
    image, labels = picture(size), corners(size)
    problem = problem_of(spec, image, labels)
    labels[40:45, 20:70] = 2
    stroke = problem_of(spec, image, labels)
    energy = spec.energy(problem)
    with monkeypatch.context() as patch:
        patch.setattr(factor, "KEPT_BYTES", 0)
        frugal = NestedDissection()
        frugal.minimise(problem, energy)
        kept = [f.kept for level in frugal._state.factor.levels[1:] for f in level]
        assert not any(kept)
        followed = frugal.minimise(stroke, spec.energy(stroke, energy.laplacian))
    assert error(spec, stroke, followed) < TOLERANCE
    monkeypatch.setattr(factor, "CHUNK", 40 * 40)
    chunked = NestedDissection().minimise(stroke, spec.energy(stroke))
    assert error(spec, stroke, chunked) < TOLERANCE


def test_running_out_of_memory_is_said_in_words(monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection import engine

    def fail(*_args):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ...")

    spec, size = RandomWalker(), (9, 9)
    problem = problem_of(spec, picture(size), corners(size))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_direct", fail)
        solver = NestedDissection()
        with pytest.raises(InvalidInput, match="9 x 9 pixels; make the picture smaller"):
            solver.minimise(problem, spec.energy(problem))
    assert error(spec, problem, solver.minimise(problem, spec.energy(problem))) < TOLERANCE


def test_a_volume_is_refused_in_words():
    spec = RandomWalker()
    problem = Problem(torch.rand(1, 1, 4, 4, 4), torch.zeros(1, 2, 4, 4, 4))
    with pytest.raises(InvalidInput, match="3 axes"):
        NestedDissection().minimise(problem, spec.energy(problem))


def test_a_failing_single_precision_factor_is_made_in_double(monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection import engine
    from napari_deep_energy.minimisers.nested_dissection.refinement import Refined

    refine, seen = engine.refine, []

    def failing(apply, precondition, rhs, x, tolerance):
        seen.append(precondition(rhs).abs().max())
        if len(seen) == 1:
            return Refined(x, float("inf"), 0)
        return refine(apply, precondition, rhs, x, tolerance)

    monkeypatch.setattr(engine, "refine", failing)
    spec, size = ClosedFormMatting(), (20, 30)
    problem = problem_of(spec, picture(size), corners(size))
    solver = NestedDissection()
    solution = solver.minimise(problem, spec.energy(problem))
    assert solver._state.factor.like.dtype == torch.float64
    assert solution.outcome is Outcome.EXACT
    assert error(spec, problem, solution) < TOLERANCE


def test_what_refinement_cannot_reach_is_called_degraded(monkeypatch):
    from napari_deep_energy.minimisers.nested_dissection import engine
    from napari_deep_energy.minimisers.nested_dissection.refinement import Refined

    monkeypatch.setattr(engine, "refine", lambda *arguments: Refined(arguments[3], 0.25, 12))
    _, solution = first_solve(ClosedFormMatting(), picture((9, 9)), corners((9, 9)))
    assert solution.outcome is Outcome.DEGRADED
    assert "0.2" in solution.advice


@TASKS
def test_a_prepared_picture_is_solved_like_one_more_stroke(spec, eliminated):
    size = (100, 130)
    labels = np.zeros(size, int)
    labels[5, 5:8], labels[9, 9] = 1, 2
    problem = problem_of(spec, picture(size), labels)
    laplacian = spec.laplacian(problem.image)
    engine = NestedDissection()
    engine.prepare(problem.image, laplacian, confidence=getattr(spec, "prior", 0.0))
    assert sum(eliminated) == 100 * 130
    eliminated.clear()
    solution = engine.minimise(problem, spec.energy(problem, laplacian))
    assert 0 < sum(eliminated) < 100 * 130 / 2
    assert error(spec, problem, solution) < TOLERANCE


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


def test_a_cancelled_call_is_harmless(way):
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


@pytest.mark.parametrize("hard_seeds", [False, True])
def test_regions_held_by_the_floor_alone_are_solved(hard_seeds):
    # Squares of a checkerboard are tied to each other by edges of 1e-10 only; most hold no seed.
    rows, columns = np.indices((60, 70)) // 10
    image = ((rows + columns) % 2).astype(np.float32)
    labels = np.zeros((60, 70), int)
    labels[2:4, 2:4], labels[55:58, 60:66], labels[30, 30:60] = 1, 2, 3
    spec = RandomWalker(hard_seeds=hard_seeds)
    problem, solution = first_solve(spec, image, labels)
    # Here it is the reference that is 3e-5 off; elimination without subtraction is 1e-6 off.
    assert error(spec, problem, solution) < 1e-4


@TASKS
def test_a_picture_of_one_colour_is_solved(spec):
    image = np.full((40, 37, 3), 0.3, np.float32)
    problem, solution = first_solve(spec, image, corners((40, 37)))
    assert error(spec, problem, solution) < TOLERANCE


def test_without_a_floor_a_lonely_region_is_never_nan():
    image = np.zeros((20, 20), np.float32)
    image[8:12, 8:12] = 1.0
    labels = corners((20, 20))
    _, solution = first_solve(RandomWalker(beta=1e5, floor=0.0), image, labels)
    assert torch.isfinite(solution.x).all()
    assert (solution.x[:, 0, 0] - torch.tensor([1.0, 0.0])).abs().max() < 0.5


def test_every_pixel_painted_returns_the_seeds():
    labels = np.ones((9, 12), int)
    labels[:, 6:] = 2
    _, solution = first_solve(RandomWalker(hard_seeds=True), picture((9, 12)), labels)
    np.testing.assert_array_equal(solution.labels, labels)


def test_weightless_seeds_are_refused_in_words():
    problem = problem_of(RandomWalker(), picture((9, 9)), corners((9, 9)))
    energy = RandomWalker().energy(problem)
    weightless = replace(energy, confidence=torch.zeros_like(energy.confidence))
    with pytest.raises(InvalidInput, match="draw a stroke"):
        NestedDissection().minimise(problem, weightless)


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
