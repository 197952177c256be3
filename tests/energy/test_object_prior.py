"""Targets by a network that knows objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy import segment
from napari_deep_energy.energy import COLOUR, DEFAULT, GridLaplacian
from napari_deep_energy.energy.object_network import (
    BUNDLED,
    CHANNELS,
    FORMAT,
    ObjectNetwork,
    bundled_network,
    load_network,
    metadata_of,
)
from napari_deep_energy.energy.object_prior import (
    MOST_CLASSES,
    ObjectPrior,
    Scene,
    features,
    logits,
    mirrors,
    object_share,
    probabilities,
)
from napari_deep_energy.energy.stroke_prior import StrokePrior
from napari_deep_energy.problem import Problem


@pytest.fixture(scope="module")
def astronaut():
    """RGB, 128 x 128, one stroke on the face and one in a corner."""
    image = np.ascontiguousarray(data.astronaut()[:256:2, 100:356:2])
    labels = np.zeros(image.shape[:2], int)
    labels[40:56, 58:64], labels[4:20, 4:8] = 1, 2
    return image, labels


def problem_of(image, labels):
    tensor = torch.from_numpy(image / 255.0).movedim(-1, 0)[None]
    return Problem.from_tensor(tensor, labels)


def prior_of(problem, spec=DEFAULT):
    return spec.laplacian(problem.image).stroke_prior


def test_a_new_network_says_what_the_strokes_say(astronaut):
    problem = problem_of(*astronaut)
    image = problem.image.float()
    x = features(StrokePrior(image), image, problem.seeds.float(), COLOUR.bandwidth)
    assert x.shape == (1, 2, CHANNELS, 128, 128)
    by_strokes = StrokePrior(image).targets(problem.seeds.float(), COLOUR.bandwidth)
    found = probabilities(torch.cat([logits(ObjectNetwork().eval(), x[:, k]) for k in (0, 1)], 1))
    torch.testing.assert_close(found, by_strokes, atol=1e-3, rtol=0)  # logits are cut off at 8


def test_classes_that_trade_places_trade_their_features(astronaut):
    problem = problem_of(*astronaut)
    scene = Scene(problem.image.float())
    one = features(scene.strokes, scene.image, problem.seeds.float(), 0.01)
    other = features(scene.strokes, scene.image, problem.seeds.float().flip(1), 0.01)
    torch.testing.assert_close(one.flip(1), other)
    found = scene.logits(problem.seeds, 0.01)
    torch.testing.assert_close(scene.logits(problem.seeds.flip(1), 0.01), found.flip(1))


@pytest.mark.parametrize("axis", [2, 3])
def test_a_mirrored_picture_has_mirrored_objects(astronaut, axis):
    problem = problem_of(*astronaut)
    image, seeds = problem.image.float(), problem.seeds
    straight = Scene(image).logits(seeds, 0.01)
    flipped = Scene(image.flip(axis)).logits(seeds.flip(axis), 0.01)
    torch.testing.assert_close(flipped.flip(axis), straight, atol=1e-3, rtol=1e-3)


def test_a_picture_is_looked_at_with_its_bright_sides_above_and_left():
    picture = torch.zeros(3, 8, 10)
    assert mirrors(picture) == [(), (1,), (2,), (1, 2)]  # no side is bright
    picture[:, -1] = 1
    assert mirrors(picture) == [(1,), (1, 2)]
    picture[:, :, 0] = 1
    assert mirrors(picture) == [(1,)]
    assert mirrors(picture.flip(1)) == [()]
    assert mirrors(picture.flip(2)) == [(1, 2)]


def test_each_of_several_classes_is_told_from_the_rest(astronaut):
    image, labels = astronaut
    labels = labels.copy()
    labels[100:120, 60:90] = 3  # on the suit
    problem = problem_of(image, labels)
    prior = prior_of(problem)
    found = prior.scene.logits(problem.seeds, 0.01)
    assert found.shape == (1, 3, 128, 128)
    order = [2, 0, 1]
    torch.testing.assert_close(
        prior.scene.logits(problem.seeds[:, order], 0.01), found[:, order], atol=1e-4, rtol=1e-4
    )
    targets = prior.targets(problem.seeds, 0.01)
    torch.testing.assert_close(targets.sum(1), torch.ones_like(targets[:, 0]))
    by_strokes = prior.strokes.targets(problem.seeds, 0.01)
    assert (targets - by_strokes).abs().mean() > 0.01
    at_strokes = (targets * problem.seeds).sum(1)[problem.seeds.any(1)]
    assert (at_strokes > 0.5).float().mean() > 0.9


def test_targets_are_probabilities_at_the_pictures_size(astronaut):
    problem = problem_of(*astronaut)
    prior = prior_of(problem)
    assert isinstance(prior, ObjectPrior)
    targets = prior.targets(problem.seeds, 0.01)
    assert targets.shape == problem.seeds.shape
    assert targets.dtype == problem.seeds.dtype
    torch.testing.assert_close(targets.sum(1), torch.ones_like(targets[:, 0]))
    at_strokes = (targets * problem.seeds).sum(1)[problem.seeds.any(1)]
    assert (at_strokes > 0.5).float().mean() > 0.9


def test_it_knows_that_a_cat_has_two_eyes():
    image = np.ascontiguousarray(data.chelsea()[::2, ::2])
    labels = np.zeros(image.shape[:2], int)
    labels[57:63, 72:78], labels[7:13, 207:213] = 1, 2  # one eye, and a corner
    other_eye = slice(55, 75), slice(155, 170)
    found = [segment(image, labels, objects=objects).labels[other_eye] for objects in (True, False)]
    with_objects, without = ((labels == 1).mean() for labels in found)
    assert with_objects > 0.9
    assert without < 0.5


@pytest.mark.parametrize("kind", ["too many classes", "two channels", "switched off"])
def test_otherwise_the_strokes_speak_for_themselves(astronaut, kind):
    image, labels = astronaut
    spec = DEFAULT
    if kind == "too many classes":
        labels = labels.copy()
        labels[-MOST_CLASSES:] = np.arange(2, MOST_CLASSES + 2)[:, None]
    elif kind == "two channels":
        image = image[..., :2]
    else:
        spec = COLOUR
    problem = problem_of(image, labels)
    found, plain = (prior_of(problem, s).targets(problem.seeds, 0.01) for s in (spec, COLOUR))
    assert torch.equal(found, plain)


def test_grey_is_grey_as_one_channel_and_as_three(astronaut):
    image, labels = astronaut
    one, three = (problem_of(np.repeat(image[..., :1], n, 2), labels) for n in (1, 3))
    found, other = (prior_of(p).targets(p.seeds, 0.01) for p in (one, three))
    assert found[0, 0, 48, 61] > 0.9
    assert (found - other).abs().mean() < 0.05  # grey values and Lab are not quite the same


def test_strokes_on_some_of_many_alike_things_stand_for_all():
    rows, columns = np.indices((96, 128))
    dots = (rows % 16 - 8) ** 2 + (columns % 16 - 8) ** 2 < 20
    image = np.where(dots[..., None], (120, 60, 140), (230, 210, 220)).astype(np.uint8)
    labels = np.zeros(dots.shape, int)
    labels[39:42, 39:42], labels[39:42, 55:58], labels[:2] = 1, 1, 2
    problem = problem_of(image, labels)
    scene = prior_of(problem).scene
    x = features(scene.strokes, scene.image, problem.seeds.float(), 0.01)
    assert object_share(4 * x[:, 0, 4:5], x[:, 0, 9:]).item() == 0
    assert (segment(image, labels).labels[dots] == 1).mean() > 0.9


def region_with_strokes(squares, strokes):
    """Logit of squares (row, column, side) and what is painted: a pixel of some, and the ground."""
    logit, painted = torch.full((1, 1, 64, 64), -1.0), torch.zeros(1, 2, 64, 64)
    for row, column, side in squares:
        logit[..., row : row + side, column : column + side] = 1
    for row, column, side in strokes:
        painted[0, 0, row + side // 2, column + side // 2] = 1
    painted[0, 1, 0, 0] = 1
    return logit, painted


SMALL = [(5, 5, 6), (5, 25, 6), (5, 45, 6)]


@pytest.mark.parametrize(
    ("squares", "strokes", "share"),
    [
        pytest.param(SMALL, SMALL[:1], 1, id="one of several"),
        pytest.param(SMALL, SMALL[:2], 0, id="two of three"),
        pytest.param(SMALL, SMALL, 1, id="all"),
        pytest.param([*SMALL[:2], (30, 30, 20)], SMALL[:2], 1, id="the other one is large"),
        pytest.param(
            [*SMALL, (30, 30, 20)], SMALL[:2], (0.10 - 36 / (3 * 36 + 400)) / 0.08, id="in between"
        ),
    ],
)
def test_strokes_are_on_one_thing_or_on_some_of_many_alike(squares, strokes, share):
    logit, painted = region_with_strokes(squares, strokes)
    assert object_share(logit, painted).item() == pytest.approx(share, rel=1e-5)
    assert object_share(-logit, painted.flip(1)).item() == pytest.approx(share, rel=1e-5)


def test_volumes_have_none(astronaut):
    volume = torch.rand(1, 3, 4, 6, 8)
    laplacian = DEFAULT.laplacian(volume)
    assert isinstance(laplacian, GridLaplacian)
    assert isinstance(laplacian.stroke_prior, StrokePrior)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (500, 17)])
def test_any_size_will_do(size):
    image = torch.rand(1, 3, *size, dtype=torch.float64)
    seeds = torch.zeros(1, 2, *size, dtype=torch.float64)
    seeds[0, 0, 0, 0] = seeds[0, 1, -1, -1] = 1
    targets = ObjectPrior(image).targets(seeds, 0.01)
    assert targets.shape == seeds.shape
    assert torch.isfinite(targets).all()


def test_the_bundled_network_tells_what_it_saw():
    assert "VOC" in metadata_of(BUNDLED)["data"]
    assert not any(p.requires_grad for p in bundled_network(torch.device("cpu")).parameters())


@pytest.mark.parametrize("kind", ["another", FORMAT])
def test_a_file_of_another_kind_is_refused(kind, tmp_path):
    from safetensors.torch import save_file

    from napari_deep_energy.errors import InvalidInput

    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(1)}, path, {"format": kind})
    with pytest.raises(InvalidInput, match=r"other\.safetensors"):
        load_network(path)


def test_the_energy_is_the_same_with_other_targets(astronaut):
    problem = problem_of(*astronaut)
    one, other = DEFAULT.energy(problem), replace(DEFAULT, objects=False).energy(problem)
    x = torch.rand(1, 2, 128, 128, dtype=torch.float64)
    torch.testing.assert_close(one.laplacian.quadratic(x), other.laplacian.quadratic(x))
    assert not torch.equal(one.targets, other.targets)
