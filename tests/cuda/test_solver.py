"""The exact solver on a CUDA device against the CPU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import COLOUR, ClosedFormMatting, RandomWalker
from napari_deep_energy.minimisers import NestedDissection
from napari_deep_energy.minimisers.nested_dissection import choosing
from napari_deep_energy.minimisers.nested_dissection.graphed import halving, plain
from napari_deep_energy.minimisers.nested_dissection.graphed.factor import Factor as GraphFactor
from napari_deep_energy.minimisers.nested_dissection.plan import make_plan
from napari_deep_energy.minimisers.nested_dissection.system import System
from napari_deep_energy.problem import Problem
from napari_deep_energy.stopping import never

SPECS = [
    RandomWalker(),
    RandomWalker(hard_seeds=True),
    ClosedFormMatting(),
    ClosedFormMatting(hard_seeds=True),
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=str)
TOLERANCE = {"segment": 1e-5, "matte": 1e-4}
"""Twice what the solver itself promises of either."""


def picture(size, seed=0):
    """Blocks of colour with some noise, (H, W, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.random((-(-size[0] // 16), -(-size[1] // 16), 3))
    image = np.kron(coarse, np.ones((16, 16, 1)))[: size[0], : size[1]]
    image = 0.9 * image + 0.1 * random.random(image.shape)
    return image.astype(np.float32)


def painted(size, classes):
    labels = np.zeros(size, int)
    labels[2:5, 3 : size[1] // 2], labels[-6:-3, size[1] // 3 : -4] = 1, 2
    if classes > 2:
        labels[size[0] // 2, 5 : size[1] // 3] = 3
    return labels


def problem_of(spec, image, labels):
    problem = Problem.from_labels(image, labels)
    return problem.as_matting() if spec.task == "matte" else problem


class Both:
    """The same work by the CPU and by CUDA, compared after each step."""

    def __init__(self, spec):
        self.spec = spec
        self.engines = {device: NestedDissection() for device in ("cpu", "cuda")}
        self.laplacians = dict.fromkeys(self.engines)

    def new_picture(self):
        self.laplacians = dict.fromkeys(self.engines)

    def assert_alike(self, image, labels):
        """Both answers are the same; returns that of CUDA."""
        problem, found = problem_of(self.spec, image, labels), {}
        for device, engine in self.engines.items():
            there = problem.to(device)
            energy = self.spec.energy(there, self.laplacians[device])
            self.laplacians[device] = energy.laplacian
            found[device] = engine.minimise(there, energy).x
        torch.testing.assert_close(
            found["cuda"], found["cpu"], atol=TOLERANCE[self.spec.task], rtol=0
        )
        return found["cuda"]

    @property
    def factor(self):
        return self.engines["cuda"]._state.factor


def kernels_of_triton():
    pytest.importorskip("triton")
    from napari_deep_energy.minimisers.nested_dissection.graphed import fused

    return fused


def is_recorded(factor):
    works = (factor._eliminate, factor._substitute)
    return all(isinstance(getattr(work, "__self__", None), torch.cuda.CUDAGraph) for work in works)


@every_spec
@pytest.mark.parametrize("size", [(33, 47), (128, 160), (255, 190)])
def test_strokes_undo_and_the_next_picture(spec, size):
    both, image = Both(spec), picture(size)
    labels = painted(size, 2)
    first = both.assert_alike(image, labels)
    assert isinstance(both.factor, GraphFactor)
    assert is_recorded(both.factor)
    random = np.random.default_rng(1)
    more = labels.copy()
    for step in range(3):
        row, column = random.integers(size[0] - 5), random.integers(size[1] - 20)
        more[row : row + 5, column : column + 20] = step % 2 + 1
        both.assert_alike(image, more)
    undone = both.assert_alike(image, labels)
    torch.testing.assert_close(undone, first, atol=TOLERANCE[spec.task], rtol=0)
    factor = both.factor
    both.new_picture()
    both.assert_alike(picture(size, seed=2), more)
    assert both.factor is factor


@pytest.mark.parametrize("hard_seeds", [False, True])
def test_classes_come_and_go(hard_seeds):
    size = (100, 120)
    both = Both(RandomWalker(hard_seeds=hard_seeds))
    for classes in (2, 3, 2, 3):
        both.assert_alike(picture(size), painted(size, classes))


def test_a_prior_everywhere():
    size = (96, 110)
    for spec in (COLOUR, replace(COLOUR, hard_seeds=True)):
        both = Both(spec)
        for classes in (2, 3):
            both.assert_alike(picture(size), painted(size, classes))


def test_a_picture_prepared_before_its_first_stroke():
    size, spec = (120, 90), RandomWalker()
    problem = problem_of(spec, picture(size), painted(size, 2))
    there = problem.to("cuda")
    laplacian = spec.laplacian(there.image)
    engine = NestedDissection()
    engine.prepare(there.image, laplacian)
    x = engine.minimise(there, spec.energy(there, laplacian)).x
    expected = NestedDissection().minimise(problem, spec.energy(problem)).x
    torch.testing.assert_close(x, expected, atol=1e-5, rtol=0)


def test_where_memory_is_short_the_batched_factor_answers(monkeypatch):
    def full(plan, like):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(choosing, "GraphFactor", full)
    both = Both(RandomWalker())
    both.assert_alike(picture((60, 70)), painted((60, 70), 2))
    assert isinstance(both.factor, choosing.Factor)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 3, 33, 64, 65, 200])
def test_inverses(size, dtype):
    fused = kernels_of_triton()
    random = torch.Generator().manual_seed(size)
    coupling = torch.rand(5, size, size, generator=random, dtype=torch.float64) ** 20
    coupling = (coupling + coupling.mT).to("cuda", dtype)
    excess = torch.rand(5, size, generator=random, dtype=torch.float64).to("cuda", dtype) ** 8
    excess[0], coupling[0] = 0, 0  # nothing holds it
    results = []
    for operations in (fused, plain):
        out = torch.empty_like(coupling)
        halving.invert_into(out, coupling, excess, operations.invert)
        results.append(out)
    assert (results[0][0] == 0).all()
    tolerance = 2e-5 if dtype == torch.float32 else 1e-10
    torch.testing.assert_close(*results, rtol=tolerance, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()], ids=str)
def test_kernels_do_what_torch_does(spec, dtype):
    fused = kernels_of_triton()
    size = (90, 75)
    offsets = spec.laplacian(torch.rand(1, 3, 5, 5)).stencil().offsets
    plan = make_plan(size, tuple((o[0], o[1]) for o in offsets))
    like = torch.zeros(0, device="cuda", dtype=dtype)
    factors = [GraphFactor(plan, like, operations=each) for each in (fused, plain)]
    random = torch.Generator("cuda").manual_seed(1)
    reach, planes = plan.reach, len(plan.offsets)
    couplings = torch.rand(planes, *size, generator=random, device="cuda", dtype=dtype)
    for plane, (down, right) in zip(couplings, plan.offsets, strict=True):
        if down:
            plane[-down:] = 0
        if right > 0:
            plane[:, -right:] = 0
        if right < 0:
            plane[:, :-right] = 0
    padded = torch.nn.functional.pad(couplings, (reach,) * 4)
    excess = (torch.rand(size[0] * size[1], 1, generator=random, device="cuda") < 0.02).to(dtype)
    excess[0] = 1
    rhs = torch.rand(size[0] * size[1], 2, generator=random, device="cuda", dtype=dtype)
    answers = []
    for factor in factors:
        factor.take_in(System(padded.flatten(), excess, rhs), None, True, never)
        answers.append(factor.solve(never))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-11
    torch.testing.assert_close(*answers, rtol=tolerance, atol=tolerance)
