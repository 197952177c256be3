"""The exact minimiser, and what a Solution promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_deep_energy import segment
from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.minimisers import Outcome, SparseDirect
from napari_deep_energy.minimisers.solution import read_out

every_spec = pytest.mark.parametrize(
    "spec",
    [
        RandomWalker(),
        RandomWalker(hard_seeds=True),
        ClosedFormMatting(),
        ClosedFormMatting(hard_seeds=True),
    ],
    ids=str,
)


def solve(spec, problem):
    problem = problem.as_matting() if spec.task == "matte" else problem
    energy = spec.energy(problem)
    return energy, SparseDirect().minimise(problem, energy)


@every_spec
def test_solution_is_a_dense_solve(spec, problem):
    energy, solution = solve(spec, problem)
    matrix, rhs, free = energy.to_sparse()
    dense = np.linalg.solve(matrix.toarray(), rhs)
    flat = solution.x.reshape(len(solution.x), -1).T.numpy()[free]
    np.testing.assert_allclose(flat, dense, atol=1e-5)


@every_spec
def test_optimum_has_no_residual_and_no_lower_neighbour(spec, problem):
    energy, solution = solve(spec, problem)
    assert solution.outcome is Outcome.EXACT
    assert solution.residual < 1e-8
    x = solution.x[None]
    nudge = 1e-3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).double()
    assert energy(x + nudge) > energy(x)
    assert solution.energy == pytest.approx(energy(x).item())


def test_probabilities_sum_to_one_and_stay_in_range(problem):
    _, solution = solve(RandomWalker(), problem)
    # Affinities down to 1e-10 cost the float64 factorisation nine of its sixteen digits.
    torch.testing.assert_close(solution.x.sum(0), torch.ones(40, 56).double(), atol=1e-6, rtol=0)
    assert solution.x.min() > -1e-6
    assert solution.x.max() < 1 + 1e-6


def test_hard_seeds_are_kept_exactly(problem):
    _, solution = solve(RandomWalker(hard_seeds=True), problem)
    seeded = problem.seeds[0].sum(0) > 0
    assert torch.equal(solution.x[:, seeded], problem.seeds[0][:, seeded])


def test_what_lies_outside_of_the_range_is_clipped_for_display_only(problem):
    _, solution = solve(RandomWalker(), problem)
    wide = replace(solution, x=3 * solution.x - 1)
    assert wide.x.min() < 0
    assert wide.x.max() > 1
    np.testing.assert_array_equal(wide.probabilities, wide.x.numpy().clip(0, 1).astype(np.float32))


def test_the_label_is_that_of_the_most_probable_class_however_improbable(problem):
    _, solution = solve(RandomWalker(), problem)
    even = torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(0)) / 3
    labels = replace(solution, x=even).labels
    np.testing.assert_array_equal(labels, np.array(solution.values)[even.argmax(0).numpy()])


def test_the_residual_is_the_largest_on_a_free_pixel(problem):
    energy, solution = solve(RandomWalker(hard_seeds=True), problem)
    for sign in (1, -1):
        x = solution.x[None].clone()
        x[0, 0, 30, 30] += sign
        told = read_out(energy, x, problem, engine="none", seconds=0.0, outcome=Outcome.ESTIMATE)
        matrix, rhs, free = energy.to_sparse()
        flat = x[0].reshape(3, -1).T.numpy()[free]
        assert told.residual == pytest.approx(np.abs(rhs - matrix @ flat).max())


def test_a_solver_that_is_told_to_stop_stops(problem):
    with pytest.raises(Cancelled):
        SparseDirect().minimise(problem, RandomWalker().energy(problem), lambda: True)


def test_labels_are_the_values_that_were_painted(photograph, strokes):
    renamed = np.select([strokes == 1, strokes == 2, strokes == 3], [7, 40, 2])
    solution = segment(photograph, renamed, engine="analytic")
    assert set(np.unique(solution.labels)) == {2, 7, 40}
    np.testing.assert_array_equal(solution.labels[renamed > 0], renamed[renamed > 0])


def test_a_region_cut_off_by_the_edges_is_finite_and_takes_its_weakest_border():
    # A white square without any seed: exp(-1000) leaves only the floor, the same all round, so
    # the square sees its two neighbours, both of class 1, and must answer 1.
    image = np.zeros((30, 40))
    image[10:20, 10:20] = 1.0
    labels = np.zeros((30, 40), int)
    labels[5:25, 5:25][[0, -1]] = 1
    labels[:, 38] = 2
    image[:, 30] = 1.0  # a wall between the classes
    solution = segment(image, labels, engine="analytic")
    assert np.isfinite(solution.probabilities).all()
    assert (solution.labels[10:20, 10:20] == 1).all()
    assert (solution.labels[:, 31:] == 2).all()


def test_a_constant_picture_is_shared_by_distance():
    labels = np.zeros((9, 41), int)
    labels[:, 0], labels[:, -1] = 1, 2
    solution = segment(
        np.full((9, 41), 0.3), labels, engine="analytic", hard_seeds=True, energy="paper"
    )
    np.testing.assert_allclose(solution.probabilities[0][4], np.linspace(1, 0, 41), atol=1e-6)
