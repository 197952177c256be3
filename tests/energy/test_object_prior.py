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
    corrected,
    features,
    mirrors,
    owned,
    probabilities,
)
from napari_deep_energy.energy.stroke_prior import StrokePrior
from napari_deep_energy.problem import Problem

ROUNDING = {"atol": 1e-3, "rtol": 1e-3}
"""Of logits of some tens, after twenty layers in single precision."""


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
    found = probabilities(
        torch.cat([corrected(ObjectNetwork().eval(), x[:, k]) for k in (0, 1)], 1)
    )
    torch.testing.assert_close(found, by_strokes, atol=1e-3, rtol=0)  # logits are cut off at 8


def test_classes_that_trade_places_trade_their_features(astronaut):
    problem = problem_of(*astronaut)
    scene = Scene(problem.image.float())
    one = features(scene.strokes, scene.image, problem.seeds.float(), 0.01)
    other = features(scene.strokes, scene.image, problem.seeds.float().flip(1), 0.01)
    torch.testing.assert_close(one.flip(1), other)
    found, _ = scene.look(problem.seeds, 0.01)
    torch.testing.assert_close(scene.look(problem.seeds.flip(1), 0.01)[0], found.flip(1))


@pytest.mark.parametrize("axis", [2, 3])
def test_a_mirrored_picture_has_mirrored_objects(astronaut, axis):
    problem = problem_of(*astronaut)
    image, seeds = problem.image.float(), problem.seeds
    straight, _ = Scene(image).look(seeds, 0.01)
    flipped, _ = Scene(image.flip(axis)).look(seeds.flip(axis), 0.01)
    torch.testing.assert_close(flipped.flip(axis), straight, **ROUNDING)


def test_an_even_picture_is_looked_at_in_several_ways(astronaut):
    """Its mirror image is itself: where the stroke is says which of the two it is."""
    image, seeds = problem_of(*astronaut).image.float(), problem_of(*astronaut).seeds.float()
    image = (image + image.flip(3)) / 2
    assert len(mirrors(image[0])) == 2
    straight, _ = Scene(image).look(seeds, 0.01)
    flipped, _ = Scene(image).look(seeds.flip(3), 0.01)
    torch.testing.assert_close(flipped.flip(3), straight, **ROUNDING)


def test_pictures_of_a_batch_are_as_by_themselves(astronaut):
    image, seeds = problem_of(*astronaut).image.float(), problem_of(*astronaut).seeds.float()
    images = torch.cat([image, (image + image.flip(3)) / 2, image.flip(2)])
    strokes = torch.cat([seeds, seeds, seeds.flip(3)])
    together, shares = Scene(images).look(strokes, 0.01)
    assert shares.shape == (3, 2, 1, 1)
    for n in range(3):
        alone, _ = Scene(images[n : n + 1]).look(strokes[n : n + 1], 0.01)
        torch.testing.assert_close(together[n : n + 1], alone, **ROUNDING)


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
    found, _ = prior.scene.look(problem.seeds, 0.01)
    assert found.shape == (1, 3, 128, 128)
    order = [2, 0, 1]
    other, _ = prior.scene.look(problem.seeds[:, order], 0.01)
    torch.testing.assert_close(other, found[:, order], **ROUNDING)
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


@pytest.mark.parametrize("painted", [1, 2, 20, 48])
def test_strokes_on_some_of_many_alike_things_stand_for_all(painted):
    rows, columns = np.indices((96, 128))
    dots = (rows % 16 - 8) ** 2 + (columns % 16 - 8) ** 2 < 20
    image = np.where(dots[..., None], (120, 60, 140), (230, 210, 220)).astype(np.uint8)
    labels = np.zeros(dots.shape, int)
    labels[:2] = 2
    for number in range(painted):
        row, column = 16 * (number // 8) + 8, 16 * (number % 8) + 8
        labels[row - 1 : row + 2, column - 1 : column + 2] = 1
    found = segment(image, labels).labels
    assert (found[dots] == 1).mean() > 0.9
    assert (found[~dots] == 2).mean() > 0.9


def test_many_alike_things_go_by_the_colours_of_the_full_picture(astronaut):
    """What is too small for the network's copy is not lost with it."""
    rows, columns = np.indices((768, 1024))
    dots = (rows % 32 - 16) ** 2 + (columns % 32 - 16) ** 2 < 9
    image = np.where(dots[..., None], (120, 60, 140), (230, 210, 220)).astype(np.uint8)
    labels = np.zeros(dots.shape, int)
    labels[dots & (rows < 64) & (columns < 128)], labels[:2] = 1, 2
    problem = problem_of(image, labels)
    found, plain = (prior_of(problem, s).targets(problem.seeds, 0.01) for s in (DEFAULT, COLOUR))
    torch.testing.assert_close(found, plain)


def test_a_cell_is_of_the_class_that_covers_most_of_it():
    cover = torch.zeros(1, 3, 1, 4)
    cover[0, :, 0, 0] = torch.tensor([0.5, 0.2, 0.0])
    cover[0, :, 0, 1] = torch.tensor([0.3, 0.3, 0.0])  # nobody's ...
    cover[0, :, 0, 2] = torch.tensor([0.0, 0.4, 0.1])  # the third has no other
    expected = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    assert owned(cover)[0, :, 0].tolist() == expected


def test_probabilities_of_what_is_nothing_for_sure_are_even():
    found = probabilities(torch.full((1, 3, 1, 1), -200.0))
    torch.testing.assert_close(found, torch.full_like(found, 1 / 3))


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
