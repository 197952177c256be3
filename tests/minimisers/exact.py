"""What the tests of the exact solver share: pictures, strokes, and how far an answer is off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.minimisers import NestedDissection, SparseDirect
from napari_deep_energy.problem import Problem

SPECS = [
    RandomWalker(),
    RandomWalker(hard_seeds=True),
    COLOUR,
    replace(COLOUR, hard_seeds=True),
    ClosedFormMatting(),
    ClosedFormMatting(hard_seeds=True),
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=str)
# Measured: 1e-7 to 2e-6 against a float64 factorisation, which is itself this uncertain where
# affinities span ten decades.
TOLERANCE = 1e-5


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


def assert_followed(spec, size, steps):
    """Strokes, erasures, new classes and an undo: each answer is the exact one."""
    rng = np.random.default_rng(1)
    image, labels = picture(size), corners(size)
    engine, laplacian, past = NestedDissection(), None, []
    for step in range(steps):
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
