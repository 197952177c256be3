"""Aggregation multigrid: right to its own estimate, where weights span ten orders of magnitude."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse.linalg as spla
import tifffile
import torch
from scipy.ndimage import gaussian_filter
from skimage import data

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.minimisers import VolumeMinimiser
from napari_deep_energy.minimisers.multigrid import Multigrid, memory_needed
from napari_deep_energy.minimisers.multigrid.graph import graph_of
from napari_deep_energy.minimisers.multigrid.hierarchy import Hierarchy
from napari_deep_energy.problem import Problem
from napari_deep_energy.seeds import one_hot
from napari_deep_energy.stopping import never
from napari_deep_energy.volumes import segment_volume

SIZE = (13, 14, 15)
MULTIGRID = "napari_deep_energy.minimisers.multigrid"


def phases(rng):
    return 0.5 * (gaussian_filter(rng.standard_normal(SIZE), 2) > 0) + 0.05 * rng.random(SIZE)


PICTURES = {
    "flat": lambda rng: np.full(SIZE, 0.5),
    "noise": lambda rng: rng.random(SIZE),
    "salt": lambda rng: np.where(rng.random(SIZE) < 0.3, rng.random(SIZE), 0.0),
    "phases": phases,
    "blocks that hang by the floor alone": lambda rng: (np.indices(SIZE) // 2).sum(0) % 2 * 0.3,
    "shells": lambda rng: np.sin(np.hypot.reduce(np.indices(SIZE) - 7.0) * 2),
    "planes": lambda rng: np.broadcast_to(rng.random((13, 1, 1)), SIZE),
    "a line": lambda rng: rng.random((1, 1, 3000)),
    "a photograph": lambda rng: data.coins()[None, ::5, ::5] / 255,
}


@pytest.fixture(autouse=True)
def _many_levels(monkeypatch):
    """So that small volumes go through all of the hierarchy."""
    monkeypatch.setattr(f"{MULTIGRID}.hierarchy.SMALL", 60)


def problem_of(volume, spec, classes=3):
    seeds = np.zeros(volume.shape, int)
    seeds.flat[: seeds.size // 20], seeds.flat[-seeds.size // 20 :] = 1, 2
    if classes == 3:
        seeds.flat[seeds.size // 2 : seeds.size // 2 + 9] = 3
    values = tuple(range(1, classes + 1))
    image = torch.from_numpy(np.array(volume))[None, None]
    problem = Problem(image, one_hot(seeds, values, image), values)
    return problem, spec.energy(problem, spec.laplacian(image))


def exact(energy):
    """x by a factorisation in double precision, corrected until nothing changes."""
    matrix, _, free = energy.to_sparse()
    factor = spla.splu(matrix)
    x = torch.zeros_like(energy.targets)
    for _ in range(6):
        residual = energy.residual(x)[0].flatten(1).T.numpy()[free]
        step = np.zeros((x.shape[1], free.size))
        step[:, free] = factor.solve(residual).T
        x = x + torch.from_numpy(step.reshape(x.shape))
    assert np.abs(step).max() < 1e-9
    return energy.project(x)[0]


@pytest.mark.parametrize("spec", [RandomWalker(), RandomWalker(hard_seeds=True)], ids=str)
@pytest.mark.parametrize("name", PICTURES)
def test_the_error_is_within_its_estimate(name, spec):
    problem, energy = problem_of(PICTURES[name](np.random.default_rng(0)), spec)
    found = Multigrid().minimise(problem, energy)
    error = float((found.x - exact(energy)).abs().max())
    assert found.outcome == "exact"
    assert error <= found.error <= 1e-5


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_sum_to_one(classes):
    problem, energy = problem_of(phases(np.random.default_rng(1)), RandomWalker(), classes)
    found = Multigrid().minimise(problem, energy)
    np.testing.assert_allclose(found.x.sum(0), 1, atol=1e-12)


def test_the_preconditioner_is_symmetric_where_it_is_linear(monkeypatch):
    # Two steps of conjugate gradients are not quite linear: the level below solves here.
    monkeypatch.setattr(f"{MULTIGRID}.hierarchy.SMALL", 1200)
    _, energy = problem_of(phases(np.random.default_rng(2)), RandomWalker())
    graph, _, _ = graph_of(energy)
    hierarchy = Hierarchy(graph, never)
    a, b = np.random.default_rng(3).standard_normal((2, graph.size, 1))
    assert len(hierarchy.levels) == 1
    assert float((a.T @ hierarchy.precondition(b))[0, 0]) == pytest.approx(
        float((b.T @ hierarchy.precondition(a))[0, 0])
    )


def test_coarse_graphs_keep_the_energy_of_what_is_constant_on_groups():
    _, energy = problem_of(phases(np.random.default_rng(2)), RandomWalker())
    graph, _, _ = graph_of(energy)
    group = np.random.default_rng(4).integers(0, 50, graph.size)
    coarse = graph.grouped(group, 50)
    x = np.random.default_rng(5).standard_normal(50)
    fine = x[group] @ (graph.matrix() @ x[group])
    assert x @ (coarse.matrix() @ x) == pytest.approx(fine)


def test_an_error_that_is_not_reached_is_told(monkeypatch):
    monkeypatch.setattr(f"{MULTIGRID}.engine.MAX_STEPS", 8)
    monkeypatch.setattr(f"{MULTIGRID}.engine.MAX_CORRECTIONS", 0)
    problem, energy = problem_of(PICTURES["noise"](np.random.default_rng(0)), RandomWalker())
    found = Multigrid(tolerance=1e-12).minimise(problem, energy)
    assert found.outcome == "degraded"
    assert "largest error" in found.advice
    assert found.error >= float((found.x - exact(energy)).abs().max())


def test_what_multigrid_does_not_reach_is_factored(monkeypatch):
    monkeypatch.setattr(f"{MULTIGRID}.engine.MAX_STEPS", 4)
    problem, energy = problem_of(phases(np.random.default_rng(0)), RandomWalker())
    found = VolumeMinimiser().minimise(problem, energy)
    assert found.outcome == "exact"
    np.testing.assert_allclose(found.x, exact(energy), atol=2e-5)


def test_no_seed_of_any_weight_is_refused():
    problem, energy = problem_of(phases(np.random.default_rng(0)), RandomWalker(lam=1e-9))
    energy.confidence.zero_()
    with pytest.raises(InvalidInput, match="no stroke has any weight"):
        Multigrid().minimise(problem, energy)


@pytest.mark.parametrize("polls", [0, 3, 40])
def test_it_can_be_cancelled_at_any_time(polls):
    left = iter([False] * polls)
    problem, energy = problem_of(phases(np.random.default_rng(0)), RandomWalker())
    with pytest.raises(Cancelled):
        Multigrid().minimise(problem, energy, lambda: next(left, True))


def test_memory_grows_as_the_voxels_do():
    assert memory_needed((128, 128, 128), 2) == 8 * memory_needed((64, 64, 64), 2)
    assert memory_needed((128, 128, 128), 2) < 4 * 2**30


def test_a_microscopy_volume_is_right(shared_data):
    paths = sorted((shared_data / "microscopy/volumes").glob("nuclei3d*"))
    if not paths:
        pytest.skip("no microscopy volume here")
    volume = tifffile.imread(paths[0])[:24, :32, :32].astype(float)
    assert volume.ndim == 3
    seeds = np.zeros(volume.shape, int)
    seeds[volume > np.quantile(volume, 0.99)], seeds[volume < np.quantile(volume, 0.05)] = 1, 2
    found = segment_volume(volume, seeds, spec=RandomWalker(hard_seeds=True))
    assert found.outcome == "exact"
    assert found.error < 1e-5
