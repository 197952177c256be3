"""The network as a minimiser: shapes, classes, sizes, and what it must beat."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from skimage import data
from skimage.transform import resize

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.interactive import InteractiveSolver
from napari_deep_energy.minimisers import NetworkMinimiser, Outcome, SparseDirect
from napari_deep_energy.minimisers.network import shrink_seeds
from napari_deep_energy.networks import Checkpoint, bundled, load_model
from napari_deep_energy.problem import Problem


@pytest.fixture(scope="module")
def segmenter():
    return NetworkMinimiser(Checkpoint.load(bundled("segment")))


@pytest.fixture(scope="module")
def matter():
    return NetworkMinimiser(Checkpoint.load(bundled("matte")))


def test_three_classes_sum_to_one(segmenter, problem):
    solution = segmenter.minimise(problem, RandomWalker().energy(problem))
    assert solution.outcome is Outcome.ESTIMATE
    assert solution.x.shape == (3, 40, 56)
    np.testing.assert_allclose(solution.probabilities.sum(0), 1, atol=1e-5)


def test_swapping_two_classes_swaps_the_answer_of_one_against_rest(segmenter, problem):
    swapped = Problem(problem.image, problem.seeds[:, [1, 0, 2]], (1, 2, 3))
    energy = RandomWalker().energy
    straight = segmenter.minimise(problem, energy(problem)).x
    crossed = segmenter.minimise(swapped, energy(swapped)).x
    torch.testing.assert_close(straight, crossed[[1, 0, 2]])


def test_energy_is_read_out_by_the_energy_itself(matter, problem):
    problem = problem.as_matting()
    energy = ClosedFormMatting().energy(problem)
    solution = matter.minimise(problem, energy)
    assert solution.energy == pytest.approx(float(energy(solution.x[None])))
    assert solution.energy > SparseDirect().minimise(problem, energy).energy


def test_cancelling_between_classes_raises(segmenter, problem):
    with pytest.raises(Cancelled):
        segmenter.minimise(problem, RandomWalker().energy(problem), stop=lambda: True)


def test_thin_strokes_survive_shrinking():
    seeds = torch.zeros(1, 2, 100, 100)
    seeds[0, 0, 10], seeds[0, 1, :, 70] = 1, 1
    small = shrink_seeds(seeds, (10, 10))
    assert small[0, 0, 1, :7].all()
    assert small[0, 1, 2:, 7].all()
    assert (small.sum(1) <= 1).all()


def test_a_model_of_another_task_is_refused():
    with pytest.raises(InvalidInput, match="trained to matte, not to segment"):
        load_model(bundled("matte"), "segment")


PICTURES = {
    "astronaut": ((0.28, 0.36, 0.38, 0.5), data.astronaut),
    "chelsea": ((0.3, 0.6, 0.35, 0.7), data.chelsea),
    "coffee": ((0.3, 0.5, 0.4, 0.6), data.coffee),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_network_beats_nearest_seed_and_its_own_random_start_in_energy(name, spec):
    (top, bottom, left, right), picture = PICTURES[name]
    image = resize(picture(), (96, 96), anti_aliasing=True)
    labels = np.zeros((96, 96), int)
    row, column = (slice(int(96 * a), int(96 * b)) for a, b in ((top, bottom), (left, right)))
    labels[row, column][::3, ::3] = 1
    labels[:2], labels[:, :2], labels[:, -2:] = 2, 2, 2
    solver = InteractiveSolver(image, labels.shape, spec, refine=0)
    solution = solver.solve(labels, "network")["network"]
    problem = solver.problem(labels)
    energy = spec.energy(problem)
    distances = np.stack([distance_transform_edt(labels != k) for k in (1, 2)])
    nearest = torch.from_numpy(np.eye(2)[distances.argmin(0)]).movedim(-1, 0)[None]
    torch.manual_seed(0)
    fresh = load_model(None, spec.task).network.architecture.build()
    random = NetworkMinimiser(Checkpoint(fresh, spec), steps=0).minimise(problem, energy)
    assert solution.energy < 0.5 * float(energy(nearest[:, : len(solution.x)]))
    assert solution.energy < 0.5 * random.energy
