"""The random-walker energy against the paper's sums and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2gray
from skimage.segmentation import random_walker

from napari_deep_energy.energy import RandomWalker, affinities, grey
from napari_deep_energy.energy.random_walker import squared_steps
from napari_deep_energy.minimisers import SparseDirect


def naive_equation_5(image, seeds, y, beta, lam, floor):
    """Eq. (5) as written, pixel by pixel; its smoothness visits each edge from both ends."""
    height, width = image.shape
    smooth = data = 0.0
    for i in range(height):
        for j in range(width):
            for k, m in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if 0 <= k < height and 0 <= m < width:
                    w = np.exp(-beta * (image[i, j] - image[k, m]) ** 2) + floor
                    smooth += w * ((y[:, i, j] - y[:, k, m]) ** 2).sum()
            data += lam * seeds[:, i, j].sum() * ((y[:, i, j] - seeds[:, i, j]) ** 2).sum()
    return smooth, data


def test_grey_is_that_of_scikit_image(photograph):
    ours = grey(torch.from_numpy(photograph / 255.0).permute(2, 0, 1)[None])
    np.testing.assert_allclose(ours[0, 0].numpy(), rgb2gray(photograph), atol=1e-12)


def test_grey_of_other_channels_is_their_mean():
    image = torch.rand(2, 4, 5, 6)
    torch.testing.assert_close(grey(image), image.mean(1, keepdim=True))


@pytest.mark.parametrize("spacing", [None, (2.0, 0.5, 1.0)])
def test_affinities_are_those_of_the_formula(spacing):
    image = np.random.default_rng(0).random((2, 4, 5, 6))
    steps = squared_steps(torch.from_numpy(image)[None], lambda part: part, spacing)
    found = affinities(steps, 3.0, 1e-3)
    for axis, h in enumerate(spacing or (1, 1, 1)):
        step = (np.diff(image, axis=1 + axis) ** 2).sum(0)
        np.testing.assert_allclose(found[axis][0, 0].numpy(), np.exp(-3 * step / h**2) + 1e-3)


def test_energy_is_equation_5_with_each_edge_counted_once(problem):
    spec = RandomWalker(beta=300, lam=7)
    image = grey(problem.image)[0, 0].numpy()
    y = torch.rand_like(problem.seeds)
    smooth, data = naive_equation_5(
        image, problem.seeds[0].numpy(), y[0].numpy(), spec.beta, spec.lam, spec.floor
    )
    np.testing.assert_allclose(spec.energy(problem)(y).item(), smooth / 2 + data, rtol=1e-10)


def test_solution_is_that_of_scikit_image(problem, strokes):
    image = grey(problem.image)[0, 0].numpy()
    solution = SparseDirect().minimise(problem, RandomWalker(hard_seeds=True).energy(problem))
    # scikit-image divides beta by 10 times the standard deviation, and adds the same floor.
    expected = random_walker(
        image, strokes, beta=1000 * 10 * image.std(), mode="bf", return_full_prob=True
    )
    np.testing.assert_allclose(solution.probabilities, expected, atol=2e-6)


def test_colour_distance_is_that_of_scikit_image(problem, strokes):
    image = problem.image[0].numpy()
    spec = RandomWalker(beta=100, hard_seeds=True, colour="channels")
    solution = SparseDirect().minimise(problem, spec.energy(problem))
    beta = 100 * 10 * image.std() * np.sqrt(3)
    expected = random_walker(
        image, strokes, beta=beta, mode="bf", return_full_prob=True, channel_axis=0
    )
    np.testing.assert_allclose(solution.probabilities, expected, atol=2e-6)


def test_a_volume_is_a_grid_too():
    from napari_deep_energy.problem import Problem

    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 1, 4, 5, 6, generator=generator, dtype=torch.float64)
    seeds = torch.zeros(1, 2, 4, 5, 6, dtype=torch.float64)
    seeds[:, 0, 0], seeds[:, 1, -1] = 1, 1
    energy = RandomWalker(beta=10).energy(Problem(image, seeds))
    x = torch.rand(1, 2, 4, 5, 6, generator=generator, dtype=torch.float64)
    product = energy.laplacian.to_sparse() @ x.reshape(2, -1).T.numpy()
    expected = energy.laplacian.apply(x).reshape(2, -1).T.numpy()
    np.testing.assert_allclose(product, expected, atol=1e-12)


def test_a_float32_picture_keeps_its_weakest_affinities_in_the_matrix(problem):
    spec = RandomWalker(hard_seeds=True)
    rough = problem.to(dtype=torch.float32)
    exact = SparseDirect().minimise(problem, spec.energy(problem))
    single = SparseDirect().minimise(rough, spec.energy(rough))
    torch.testing.assert_close(single.x.double(), exact.x, atol=1e-3, rtol=0)
