"""The structured direct solver: equal to a sparse one in double precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.minimisers import NestedDissection, Outcome
from napari_deep_energy.minimisers.nested_dissection import system
from napari_deep_energy.problem import Problem

from .exact import (
    SPECS,
    TOLERANCE,
    corners,
    error,
    every_spec,
    first_solve,
    picture,
    problem_of,
)

pytestmark = pytest.mark.usefixtures("way")

SIZES = [(1, 2), (2, 1), (2, 2), (3, 5), (1, 50), (67, 1), (7, 31), (64, 48), (97, 89)]


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


@pytest.mark.parametrize("coupling", [1e-12, 1e-19, 1e-23, 1e-30, 1e-34])
def test_the_weakest_couplings_to_hard_seeds_decide_where_there_are_no_others(coupling, way):
    if way == "batched" and coupling < 1e-14:
        pytest.skip("small matrices are inverted with a subtraction there, in double precision")
    band = np.sqrt(-np.log(coupling) / 1000)
    image = np.zeros((12, 20), np.float32)
    image[:, 5:15] = band
    labels = np.zeros(image.shape, int)
    labels[:, :5], labels[:, 15:] = 1, 2
    _, solution = first_solve(RandomWalker(floor=0, hard_seeds=True), image, labels)
    np.testing.assert_allclose(solution.x[0, :, 5:15], 0.5, atol=1e-4)


def test_pixels_that_all_hang_by_the_floor_are_solved_in_fronts_of_any_size():
    # No two neighbours are alike: every coupling is 1e-10, in tiles and far above them.
    rows, columns = np.indices((140, 150))
    image = ((rows + columns) % 2).astype(np.float32)
    labels = corners((140, 150))
    labels[20:24, 10:120], labels[100:110, 90] = 1, 2
    problem, solution = first_solve(RandomWalker(), image, labels)
    assert error(RandomWalker(), problem, solution) < TOLERANCE


@pytest.mark.parametrize(
    ("spec", "weakest"),
    [
        (RandomWalker(hard_seeds=True), 1e-14),
        (RandomWalker(hard_seeds=True), 1.0),
        (ClosedFormMatting(hard_seeds=True), 1e-14),
    ],
    ids=["held", "cut off", "matte"],
)
def test_a_picture_of_which_most_is_known_is_solved_exactly(spec, weakest, monkeypatch):
    monkeypatch.setattr(system, "WEAKEST", weakest)
    # Tiles, blocks and whole fronts in which every pixel is fixed, next to some that are free.
    size = (300, 180)
    labels = np.where(np.indices(size)[1] < 60, 1, 2)
    for rows, columns in ((slice(40, 90), slice(50, 75)), (slice(140, 290), slice(58, 63))):
        labels[rows, columns] = 0
    labels[145:295, 85:175] = np.random.default_rng(0).integers(1, 3, (150, 90))
    labels[150:290:3, 90:170:3] = 0  # each alone among fixed ones
    problem, solution = first_solve(spec, picture(size), labels)
    assert solution.outcome is Outcome.EXACT
    assert error(spec, problem, solution) < TOLERANCE
    followed, laplacian = NestedDissection(), None
    for known in (corners(size), labels, np.where(labels == 0, 2, labels), corners(size)):
        problem = problem_of(spec, picture(size), known)
        energy = spec.energy(problem, laplacian)
        laplacian = energy.laplacian
        assert error(spec, problem, followed.minimise(problem, energy)) < TOLERANCE


@every_spec
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


@pytest.mark.parametrize("hard_seeds", [False, True])
@pytest.mark.parametrize("size", [(20, 20), (43, 25), (64, 64)])
def test_couplings_that_fade_out_are_never_nan(size, hard_seeds):
    """Their products are below the numbers that a type holds in full, and so have no inverse."""
    image = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    spec = RandomWalker(beta=1e4, floor=0.0, hard_seeds=hard_seeds)
    _, solution = first_solve(spec, image, corners(size))
    assert torch.isfinite(solution.x).all()
    assert np.isfinite([solution.energy, solution.residual]).all()


def test_every_pixel_painted_returns_the_seeds():
    labels = np.ones((9, 12), int)
    labels[:, 6:] = 2
    _, solution = first_solve(RandomWalker(hard_seeds=True), picture((9, 12)), labels)
    np.testing.assert_array_equal(solution.labels, labels)


def test_weightless_seeds_are_refused_in_words():
    problem = problem_of(RandomWalker(), picture((9, 9)), corners((9, 9)))
    energy = RandomWalker().energy(problem)
    weightless = replace(energy, confidence=torch.zeros_like(energy.confidence))
    with pytest.raises(InvalidInput, match="no stroke has any weight"):
        NestedDissection().minimise(problem, weightless)


@pytest.mark.parametrize("spec", [COLOUR, replace(COLOUR, hard_seeds=True)], ids=str)
def test_of_two_classes_half_is_read_out_and_all_of_it_told(spec):
    problem = problem_of(spec, picture((24, 31)), corners((24, 31)))
    energy = spec.energy(problem)
    solution = NestedDissection().minimise(problem, energy)
    assert solution.energy == pytest.approx(float(energy(solution.x[None])), rel=1e-4)
