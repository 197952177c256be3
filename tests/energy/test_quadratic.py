"""What holds for the energy whatever its Laplacian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.minimisers import SparseDirect
from napari_deep_energy.problem import Problem

SPECS = [
    RandomWalker(),
    RandomWalker(beta=200, lam=3, hard_seeds=True),
    RandomWalker(colour="channels"),
    COLOUR,
    replace(COLOUR, hard_seeds=True),
    ClosedFormMatting(),
    ClosedFormMatting(epsilon=1e-4, hard_seeds=True),
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=str)


def posed(spec, problem):
    return problem.as_matting() if spec.task == "matte" else problem


def energy_of(spec, problem):
    return spec.energy(posed(spec, problem))


def some_x(energy, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(energy.targets.shape, generator=generator, dtype=energy.targets.dtype)


@every_spec
def test_gradient_is_minus_twice_the_residual(spec, problem):
    energy = energy_of(spec, problem)
    x = some_x(energy).requires_grad_()
    energy(x).sum().backward()
    torch.testing.assert_close(x.grad, -2 * energy.residual(x.detach()), rtol=1e-9, atol=1e-10)


@every_spec
def test_a_laplacian_that_is_at_hand_is_not_made_anew(spec, problem):
    problem = posed(spec, problem)
    at_hand = spec.laplacian(problem.image)
    assert spec.energy(problem, at_hand).laplacian is at_hand


@every_spec
def test_laplacian_of_a_constant_is_zero(spec, problem):
    energy = energy_of(spec, problem)
    ones = torch.ones_like(energy.targets)
    assert energy.laplacian.apply(ones).abs().max() < 1e-9
    assert energy.laplacian.quadratic(ones).abs().max() < 1e-9


@every_spec
def test_laplacian_is_symmetric(spec, problem):
    laplacian = energy_of(spec, problem).laplacian
    x, y = some_x(energy_of(spec, problem), 1), some_x(energy_of(spec, problem), 2)
    xly, ylx = (x * laplacian.apply(y)).sum(), (y * laplacian.apply(x)).sum()
    torch.testing.assert_close(xly, ylx, rtol=1e-10, atol=0)


@every_spec
def test_quadratic_form_is_x_times_laplacian_of_x(spec, problem):
    energy = energy_of(spec, problem)
    x = some_x(energy)
    product = (x * energy.laplacian.apply(x)).sum()
    torch.testing.assert_close(energy.laplacian.quadratic(x).sum(), product, rtol=1e-10, atol=0)


@every_spec
def test_sparse_matrix_is_the_operator(spec, problem):
    energy = energy_of(spec, problem)
    matrix, rhs, free = energy.to_sparse()
    x = some_x(energy)
    classes = x.shape[1]
    flat = x.reshape(classes, -1).T.numpy()[free]
    expected = energy.operator(x).reshape(classes, -1).T.numpy()[free]
    np.testing.assert_allclose(matrix @ flat, expected, atol=1e-10)
    np.testing.assert_allclose(rhs, energy.rhs.reshape(classes, -1).T.numpy()[free], atol=1e-10)


@every_spec
def test_residual_is_rhs_minus_operator(spec, problem):
    energy = energy_of(spec, problem)
    x = some_x(energy)
    expected = energy.rhs - energy.operator(x)
    torch.testing.assert_close(energy.residual(x), expected, rtol=1e-9, atol=1e-10)


@every_spec
def test_gap_is_the_difference_of_energies(spec, problem):
    problem = posed(spec, problem)
    energy = spec.energy(problem)
    optimum = SparseDirect().minimise(problem, energy).x[None]
    x = some_x(energy)
    torch.testing.assert_close(
        energy.gap(x, optimum), energy(x) - energy(optimum), rtol=1e-8, atol=0
    )


@every_spec
def test_a_batch_gives_what_its_pictures_give_alone(spec, problem, photograph, strokes):
    other = Problem.from_labels(photograph[:, ::-1].copy(), strokes).to(dtype=torch.float64)
    both = Problem(
        torch.cat([problem.image, other.image]), torch.cat([problem.seeds, other.seeds]), (1, 2, 3)
    )
    energy = energy_of(spec, both)
    x = some_x(energy)
    alone = [energy_of(spec, p)(x[i : i + 1]) for i, p in enumerate((problem, other))]
    torch.testing.assert_close(energy(x), torch.cat(alone), rtol=1e-12, atol=0)


@every_spec
def test_float32_agrees_with_float64(spec, problem):
    exact, rough = energy_of(spec, problem), energy_of(spec, problem.to(dtype=torch.float32))
    x = some_x(exact)
    assert rough(x.float()).dtype == torch.float32
    # Seven digits in the picture; the matting's slopes lose a few where the colours are flat.
    torch.testing.assert_close(rough(x.float()).double(), exact(x), rtol=2e-4, atol=0)


@every_spec
def test_energy_is_never_negative(spec, problem):
    energy = energy_of(spec, problem)
    for scale in (1e-6, 1.0, 1e3):
        assert (energy(scale * (some_x(energy) - 0.5)) >= 0).all()


@pytest.mark.parametrize(
    "changed",
    [
        {"beta": 500.0},
        {"lam": 1.0},
        {"hard_seeds": True},
        {"colour": "channels"},
        {"floor": 1e-3},
        {"beta": "auto"},
        {"colour": "lab"},
        {"prior": 0.1},
    ],
    ids=str,
)
def test_every_random_walker_parameter_changes_the_energy(changed, problem):
    default = RandomWalker().energy(problem)
    x = some_x(default)
    assert not torch.isclose(RandomWalker(**changed).energy(problem)(x), default(x), rtol=1e-6)


@pytest.mark.parametrize(
    "changed", [{"epsilon": 1e-3}, {"lam": 10.0}, {"hard_seeds": True}], ids=str
)
def test_every_matting_parameter_changes_the_energy(changed, problem):
    problem = problem.as_matting()
    default = ClosedFormMatting().energy(problem)
    x = some_x(default)
    changed_energy = ClosedFormMatting(**changed).energy(problem)
    assert not torch.isclose(changed_energy(x), default(x), rtol=1e-6)
