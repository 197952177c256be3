"""What must hold for any picture, any strokes and any x; hypothesis looks for the exception."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_deep_energy import ClosedFormMatting, RandomWalker, matte, segment
from napari_deep_energy.images import normalise
from napari_deep_energy.problem import Problem

ROUNDING = 2e-5
"""Of answers in single precision, whose optimum is refined to 3e-5 at most."""
SIDES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=12)
CHANNELS = st.sampled_from([None, 1, 3, 4])
SPECS = [RandomWalker(), RandomWalker(hard_seeds=True), ClosedFormMatting(epsilon=1e-4)]


@st.composite
def pictures(draw, channels=CHANNELS):
    """An 8-bit picture, (H, W) or (H, W, C); constant stretches are as likely as noise."""
    shape, count = draw(SIDES), draw(channels)
    return draw(hnp.arrays(np.uint8, shape if count is None else (*shape, count)))


@st.composite
def problems(draw, classes=3, channels=CHANNELS):
    """A picture with at least one pixel of each of 2 to ``classes`` labels."""
    image = draw(pictures(channels))
    labels = draw(
        hnp.arrays(np.int64, image.shape[:2], elements=st.integers(0, 1), fill=st.just(0))
    )
    count = draw(st.integers(2, classes))
    places = draw(st.permutations(range(labels.size)))[:count]
    labels.ravel()[places] = np.arange(1, count + 1)
    return image, labels


@pytest.mark.parametrize("spec", SPECS, ids=str)
@given(problem=problems(classes=2), seed=st.integers(0, 2**31), size=st.floats(-6, 6))
def test_energy_is_never_negative(spec, problem, seed, size):
    posed = Problem.from_labels(*problem).to(dtype=torch.float64)
    energy = spec.energy(posed.as_matting() if spec.task == "matte" else posed)
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(energy.targets.shape, generator=generator, dtype=torch.float64)
    assert (energy(10**size * y) >= 0).all()


@pytest.mark.parametrize("engine", ["analytic", "network"])
@given(problem=problems())
def test_probabilities_are_shares(engine, problem):
    x = segment(*problem, engine=engine).x
    assert float(x.min()) >= -ROUNDING
    assert float(x.max()) <= 1 + ROUNDING
    torch.testing.assert_close(x.sum(0), torch.ones(x.shape[1:], dtype=x.dtype), atol=1e-5, rtol=0)


@pytest.mark.parametrize("engine", ["analytic", "network"])
@given(problem=problems())
def test_hard_seeds_are_kept(engine, problem):
    image, labels = problem
    solution = segment(image, labels, engine=engine, hard_seeds=True)
    for k, value in enumerate(solution.values):
        assert (solution.x[k].numpy()[labels == value] == 1).all()
    assert (solution.labels[labels > 0] == labels[labels > 0]).all()


@pytest.mark.parametrize("engine", ["analytic", "network"])
@given(problem=problems(classes=2))
def test_hard_seeds_of_a_matte_are_kept(engine, problem):
    image, labels = problem
    alpha = matte(image, labels, engine=engine, hard_seeds=True).alpha
    assert (alpha[labels == 1] == 1).all()
    assert (alpha[labels == 2] == 0).all()


@given(problem=problems(), data=st.data())
def test_permuting_the_classes_permutes_the_answer(problem, data):
    image, labels = problem
    first = segment(image, labels)
    order = data.draw(st.permutations(first.values))
    renamed = np.zeros_like(labels)
    for old, new in zip(first.values, order, strict=True):
        renamed[labels == old] = new
    second = segment(image, renamed)
    for old, new in zip(first.values, order, strict=True):
        one = first.probabilities[first.values.index(old)]
        other = second.probabilities[second.values.index(new)]
        np.testing.assert_allclose(one, other, atol=ROUNDING)


@pytest.mark.parametrize("solve", [segment, matte])
@given(problem=problems(classes=2), axis=st.sampled_from([0, 1]))
def test_flipping_the_picture_flips_the_answer(solve, problem, axis):
    image, labels = problem
    options = {"epsilon": 1e-4} if solve is matte else {}
    straight = solve(image, labels, **options)
    flipped = solve(np.flip(image, axis).copy(), np.flip(labels, axis).copy(), **options)
    np.testing.assert_allclose(
        np.flip(flipped.probabilities, axis + 1), straight.probabilities, atol=1e-4
    )


@given(problem=problems(channels=st.just(None)), shift=st.floats(0, 0.5))
def test_adding_a_constant_changes_no_segmentation(problem, shift):
    """By the paper's energy; to the eye, and so in Lab, the same step is larger in the dark."""
    image, labels = problem
    dark = image / 510  # leaves room for the shift within 0..1
    bright, plain = (segment(each, labels, energy="paper") for each in (dark + shift, dark))
    np.testing.assert_allclose(
        bright.probabilities, plain.probabilities,
        atol=1e-3,  # float32 pictures: the shift rounds the steps between neighbours, times beta
    )  # fmt: skip


def finite(kind: type) -> st.SearchStrategy:
    """Arrays of a type, of any size of numbers but NaN and infinity."""
    bits = 8 * np.dtype(kind).itemsize
    floats = st.floats(allow_nan=False, allow_infinity=False, width=bits)
    return hnp.arrays(kind, SIDES, elements=floats if np.dtype(kind).kind == "f" else None)


KINDS = [np.uint16, np.int32, np.int64, np.float16, np.float32, np.float64]


@given(image=st.sampled_from(KINDS).flatmap(finite))
def test_any_finite_picture_is_scaled_to_zero_to_one(image):
    scaled = normalise(image)
    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()
    assert scaled.min() >= 0
    assert scaled.max() <= 1
    order = np.argsort(image, axis=None, kind="stable")
    assert (np.diff(scaled.ravel()[order]) >= 0).all()  # brighter is never darker


@given(
    image=hnp.arrays(np.uint16, SIDES, elements=st.integers(0, 4000)),
    gain=st.integers(1, 16),
)
def test_a_gain_changes_nothing_where_pictures_are_stretched(image, gain):
    np.testing.assert_allclose(normalise(image), normalise(image * np.uint16(gain)), atol=1e-6)


@pytest.mark.parametrize("engine", ["analytic", "network"])
@pytest.mark.parametrize("solve", [segment, matte])
@given(
    image=hnp.arrays(np.float64, (5, 6), elements=st.floats(allow_nan=False, allow_infinity=False)),
    places=st.permutations(range(30)),
)
def test_both_engines_are_finite_on_any_finite_picture(solve, engine, image, places):
    labels = np.zeros(30, int)
    labels[places[:4]] = 1, 2, 1, 2
    solution = solve(image, labels.reshape(5, 6), engine=engine)
    assert torch.isfinite(solution.x).all()
    assert np.isfinite([solution.energy, solution.residual]).all()
