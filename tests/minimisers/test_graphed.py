"""The factor for graphics cards, its recordings replaced by doing the same work again."""

from __future__ import annotations

import os
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.minimisers import NestedDissection
from napari_deep_energy.minimisers.nested_dissection import engine as engine_module
from napari_deep_energy.minimisers.nested_dissection.factor import Factor
from napari_deep_energy.minimisers.nested_dissection.graphed import halving, plain
from napari_deep_energy.minimisers.nested_dissection.graphed.factor import Factor as GraphFactor
from napari_deep_energy.minimisers.nested_dissection.plan import make_plan
from napari_deep_energy.minimisers.nested_dissection.system import System
from napari_deep_energy.stopping import never

from .exact import TOLERANCE, assert_followed, corners, error, every_spec, picture, problem_of

FOUR = ((0, 0), (1, 0), (0, 1))
WIDE = tuple((a, b) for a in range(3) for b in range(-2, 3) if (a, b) >= (0, 0))


class Tape:
    """Stands in for a recorder: replays by doing the work again, and counts."""

    def __init__(self):
        self.recordings, self.replays = [], []

    def __call__(self, work, device):
        assert device.type == "cpu"
        work()
        self.recordings.append(work.__name__)

        def replay():
            self.replays.append(work.__name__)
            work()

        return replay


@pytest.fixture
def tape(monkeypatch):
    """The engine takes factors for graphics cards, recorded on a tape."""
    tape = Tape()
    monkeypatch.setattr(
        engine_module, "choose_whole_factor", lambda plan, like: GraphFactor(plan, like, tape)
    )
    return tape


def system_of(plan, columns, dtype):
    """Random positive couplings, a few pixels held."""
    (height, width), reach = plan.size, plan.reach
    random = torch.Generator().manual_seed(height)
    planes = torch.zeros(
        len(plan.offsets), height + 2 * reach, width + 2 * reach, dtype=torch.float64
    )
    for number, (down, right) in enumerate(plan.offsets):
        rows, across = torch.arange(height)[:, None] + down, torch.arange(width) + right
        is_there = (rows >= 0) & (rows < height) & (across >= 0) & (across < width)
        plane = torch.rand(height, width, generator=random, dtype=torch.float64) * is_there
        planes[number, reach : reach + height, reach : reach + width] = plane
    held = torch.rand(height * width, 1, generator=random, dtype=torch.float64)
    excess = (held < 0.02).double()
    excess[0] = 1
    rhs = torch.randn(height * width, columns, generator=random, dtype=torch.float64)
    return System(planes.flatten().to(dtype), excess.to(dtype), rhs.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 5), (33, 47), (90, 75)])
@pytest.mark.parametrize("offsets", [FOUR, WIDE])
def test_it_solves_what_the_batched_factor_solves(offsets, size, dtype):
    plan = make_plan(size, offsets)
    system, like = system_of(plan, 3, dtype), torch.zeros(0, dtype=dtype)
    answers = []
    for factor in (Factor(plan, like), GraphFactor(plan, like, Tape())):
        factor.take_in(system, None, True, never)
        answers.append(factor.solve(never))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(*answers, atol=tolerance, rtol=tolerance)


@every_spec
def test_strokes_erasures_and_new_classes_are_followed_exactly(spec, tape):
    assert_followed(spec, (60, 75), 6)
    assert tape.recordings.count("_sweep") == 1


@every_spec
def test_the_next_picture_of_a_size_needs_no_recording(spec, tape):
    engine, size = NestedDissection(), (50, 70)
    for seed in range(3):
        problem = problem_of(spec, picture(size, seed), corners(size))
        solution = engine.minimise(problem, spec.energy(problem))
        assert error(spec, problem, solution) < TOLERANCE
        assert len(tape.recordings) == 2
    engine.minimise(
        other := problem_of(spec, picture((40, 41)), corners((40, 41))), spec.energy(other)
    )
    assert len(tape.recordings) == 4


def test_what_was_made_for_inference_goes_on_outside_it(tape):
    engine, spec, size = NestedDissection(), RandomWalker(), (9, 12)
    for seed, is_inference in enumerate((True, False)):
        with torch.inference_mode(is_inference):
            problem = problem_of(spec, picture(size, seed), corners(size))
            solution = engine.minimise(problem, spec.energy(problem))
        assert error(spec, problem, solution) < TOLERANCE


def test_work_that_could_not_be_recorded_is_done_each_time(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(
        engine_module, "choose_whole_factor",
        lambda plan, like: GraphFactor(plan, like, lambda work, device: None),
    )  # fmt: skip
    engine, spec, size = NestedDissection(), RandomWalker(), (9, 12)
    for seed in (0, 1):
        problem = problem_of(spec, picture(size, seed), corners(size))
        assert error(spec, problem, engine.minimise(problem, spec.energy(problem))) < TOLERANCE


def test_refinement_does_not_eliminate_again(tape):
    spec, size = ClosedFormMatting(), (40, 50)
    labels = corners(size)
    labels[10:15, 10:30], labels[30, 5:40] = 1, 2
    problem = problem_of(spec, picture(size), labels)
    NestedDissection().minimise(problem, spec.energy(problem))
    assert tape.replays.count("_sweep") == 1
    assert tape.replays.count("_forward_and_back") > 1


def test_a_refinement_that_fails_goes_on_in_double_precision(tape, monkeypatch):
    whole, dtypes = engine_module.refine, []

    def failing(apply, precondition, rhs, x, tolerance):
        result = whole(apply, precondition, rhs, x, tolerance)
        dtypes.append(engine._state.factor.like.dtype)
        result.error = result.error if len(dtypes) > 1 else float("inf")
        return result

    monkeypatch.setattr(engine_module, "refine", failing)
    spec, size, engine = ClosedFormMatting(), (30, 40), NestedDissection()
    problem = problem_of(spec, picture(size), corners(size))
    solution = engine.minimise(problem, spec.energy(problem))
    assert dtypes == [torch.float32, torch.float64]
    assert error(spec, problem, solution) < TOLERANCE


def test_a_prepared_picture_and_a_stopped_stroke_are_caught_up_with(tape):
    spec, size, engine = RandomWalker(), (50, 60), NestedDissection()
    labels = corners(size)
    problem = problem_of(spec, picture(size), labels)
    laplacian = spec.laplacian(problem.image)
    engine.prepare(problem.image, laplacian)
    assert (
        error(spec, problem, engine.minimise(problem, spec.energy(problem, laplacian))) < TOLERANCE
    )
    labels[20:23, 10:40] = 1
    problem = problem_of(spec, picture(size), labels)
    for polls in range(1, 20):
        left = iter([False] * polls)
        try:
            solution = engine.minimise(
                problem, spec.energy(problem, laplacian), lambda left=left: next(left, True)
            )
        except Cancelled:
            continue
        break
    assert polls > 1
    assert error(spec, problem, solution) < TOLERANCE


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 65, 150])
def test_inverses_without_a_subtraction(size, dtype):
    random = torch.Generator().manual_seed(size)
    coupling = torch.rand(3, size, size, generator=random, dtype=torch.float64) ** 20
    coupling = coupling + coupling.mT  # the diagonal is ignored
    excess = torch.rand(3, size, generator=random, dtype=torch.float64) ** 8 + 1e-6
    off = coupling - torch.diag_embed(coupling.diagonal(dim1=1, dim2=2))
    matrix = torch.diag_embed(off.sum(2) + excess) - off
    expected = torch.from_numpy(np.linalg.inv(matrix.numpy()))
    out = torch.empty(3, size, size, dtype=dtype)
    halving.invert_into(out, coupling.to(dtype), excess.to(dtype), plain.invert)
    # To this many digits each entry, however ill-conditioned the matrix.
    tolerance = 2e-5 if dtype == torch.float32 else 1e-9
    torch.testing.assert_close(out.double(), expected, rtol=tolerance, atol=0)


def test_a_pixel_that_nothing_holds_has_a_zero_row():
    coupling = torch.zeros(2, 5, 5)
    coupling[:, 0, 1] = coupling[:, 1, 0] = 2
    excess = torch.tensor([1.0, 0, 0, 4, 0]).expand(2, 5).clone()
    out = torch.empty(2, 5, 5)
    plain.invert(coupling, excess, out)
    assert torch.isfinite(out).all()
    assert (out[:, 2] == 0).all()
    assert (out[:, 4] == 0).all()
    assert (out[:, 3, 3] == 0.25).all()
    expected = torch.linalg.inv(torch.tensor([[3.0, -2], [-2, 2]]))
    torch.testing.assert_close(out[:, :2, :2], expected.expand(2, 2, 2))


@pytest.mark.skipif(
    os.environ.get("TRITON_INTERPRET") != "1", reason="without a card, kernels are interpreted"
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("offsets", [FOUR, WIDE])
def test_interpreted_kernels_do_what_torch_does(offsets, dtype):
    pytest.importorskip("triton")
    from napari_deep_energy.minimisers.nested_dissection.graphed import fused

    plan, like = make_plan((30, 34), offsets), torch.zeros(0, dtype=dtype)
    system, answers = system_of(plan, 2, dtype), []
    for operations in (plain, fused):
        factor = GraphFactor(plan, like, Tape(), operations)
        factor.take_in(system, None, True, never)
        answers.append(factor.solve(never))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(*answers, atol=tolerance, rtol=tolerance)
