"""Priors from strokes: colour posteriors, ways to the strokes, and Grady's system."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_deep_energy import segment
from napari_deep_energy.energy import COLOUR, RandomWalker
from napari_deep_energy.energy.colour import lab
from napari_deep_energy.energy.colour_prior import (
    Palette,
    covariance,
    posterior,
    principal_axes,
)
from napari_deep_energy.energy.stroke_prior import LENGTH, NEAR, StrokePrior
from napari_deep_energy.interactive import make_spec
from napari_deep_energy.minimisers import SparseDirect
from napari_deep_energy.problem import Problem


def halves(left, right, size=(20, 40)):
    """A picture of two flat colours, with a stroke at either end."""
    image = np.zeros((*size, 3), np.float32)
    image[:, : size[1] // 2], image[:, size[1] // 2 :] = left, right
    labels = np.zeros(size, int)
    labels[5:15, 1:3], labels[5:15, -3:-1] = 1, 2
    return image, labels


def test_lab_is_that_of_scikit_image(photograph):
    ours = lab(torch.from_numpy(photograph / 255.0).permute(2, 0, 1)[None])
    np.testing.assert_allclose(
        ours[0].permute(1, 2, 0).numpy(), rgb2lab(photograph) / 100, atol=1e-6
    )


def test_densities_are_smoothed_histograms(problem):
    grey = problem.image.mean(1, keepdim=True)
    palette = Palette(grey)
    sigma = 3 * palette.steps[0]
    found = palette.densities(problem.seeds, sigma)[0, 1]
    values = palette.index[0].numpy()
    painted = problem.seeds[0, 1].flatten().numpy() > 0
    histogram = np.bincount(values[painted], minlength=palette.shapes[0][0]) / painted.sum()
    # Both cut the kernel at three standard deviations; beyond the table there is nothing.
    expected = gaussian_filter(histogram, 3, mode="constant", truncate=3)[values]
    np.testing.assert_allclose(found.flatten().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_colour_speaks_for_the_class_that_has_it(channels):
    image = torch.zeros(1, channels, 6, 8)
    image[..., 4:] = torch.linspace(0.5, 1, channels)[None, :, None, None]
    seeds = torch.zeros(1, 2, 6, 8)
    seeds[:, 0, 0, 0] = seeds[:, 1, 0, -1] = 1
    likely = posterior(Palette(image), seeds, COLOUR.bandwidth)
    assert (likely[0, 0, :, :4] > 0.99).all()
    assert (likely[0, 1, :, 4:] > 0.99).all()


def test_a_colour_under_no_stroke_speaks_for_none():
    image, labels = halves(0.1, 0.9)
    image[8:12, 18:22] = (1, 0, 1)
    problem = Problem.from_labels(image, labels)
    likely = posterior(Palette(problem.image), problem.seeds, COLOUR.bandwidth)
    assert likely[0, 0, 10, 20] == pytest.approx(0.5)


def test_the_way_to_a_stroke_costs_its_length_and_the_edges_on_it():
    image, labels = halves(0.0, 1.0)
    problem = Problem.from_labels(image, labels)
    prior = StrokePrior(problem.image)
    even = torch.full_like(problem.seeds, 0.5)
    distance = prior.distances(problem.seeds, even)[0, 0].numpy()
    step = LENGTH / 40
    assert distance[10, 2] == 0
    assert distance[10, 12] == pytest.approx(10 * step, rel=1e-5)
    # From black to white L goes from 0 to 1: half of it on either side of the edge's pixel.
    assert distance[10, 37] == pytest.approx(35 * step + 1, rel=1e-5)


@pytest.mark.parametrize(("width", "price"), [(20, 1.0), (1, 2 / 3)])
def test_the_way_to_a_stroke_pays_for_other_colours_but_little_for_a_speck(width, price):
    image, labels = halves(0.5, 0.5)
    problem = Problem.from_labels(image, labels)
    by_colour = torch.zeros_like(problem.seeds)
    by_colour[:, 0], by_colour[:, 1] = 1, 0
    by_colour[:, 0, :, 20 : 20 + width], by_colour[:, 1, :, 20 : 20 + width] = 0, 1
    distance = StrokePrior(problem.image).distances(problem.seeds, by_colour)[0, 0].numpy()
    # Into the other colour costs 1. A column of one pixel is smoothed to a third: in and out.
    assert distance[10, 37] == pytest.approx(35 * LENGTH / 40 + price, rel=1e-5)


def test_on_an_even_picture_the_nearer_stroke_has_more_weight():
    image, labels = halves(0.5, 0.5)
    problem = Problem.from_labels(image, labels)
    first, second = StrokePrior(problem.image).targets(problem.seeds, COLOUR.bandwidth)[0, :, 10]
    assert (first[:19] > second[:19]).all()
    assert (first[21:] < second[21:]).all()


def test_targets_are_those_of_bai_and_sapiro(problem):
    prior = StrokePrior(problem.image)
    likely = posterior(prior.palette, problem.seeds, COLOUR.bandwidth)
    distance = prior.distances(problem.seeds, likely)  # the picture is not shrunk
    weight = likely.sqrt() / (distance + NEAR) ** 2
    expected = (weight / weight.sum(1, keepdim=True)).double()
    torch.testing.assert_close(prior.targets(problem.seeds, COLOUR.bandwidth), expected)


def test_a_colour_is_sorted_into_the_nearest_cell(problem):
    grey = problem.image.mean(1, keepdim=True)
    palette = Palette(grey)
    light = lab(grey.float()).flatten()
    places = palette.index[0] * palette.steps[0] + light.min()
    assert (places - light).abs().max() <= palette.steps[0] * 0.501
    assert (palette.index.min(), palette.index.max()) == (0, palette.shapes[0][0] - 1)


@pytest.mark.parametrize(("tint", "axes"), [(0.0, 1), (0.05, 3)])
def test_a_picture_is_grey_only_if_it_has_no_tint(tint, axes):
    image = torch.rand(1, 1, 8, 8).repeat(1, 3, 1, 1)
    image[:, 0, 0] *= 1 - tint
    assert len(Palette(image).shapes[0]) == axes


@pytest.mark.parametrize("channels", [3, 5])
def test_pictures_of_a_batch_are_sorted_as_they_are_alone(channels):
    coloured = torch.rand(1, channels, 12, 16)
    grey = torch.rand(1, 1, 12, 16).repeat(1, channels, 1, 1)
    seeds = torch.zeros(2, 2, 12, 16)
    seeds[:, 0, :3], seeds[:, 1, -3:] = 1, 1
    together = StrokePrior(torch.cat([coloured, grey])).targets(seeds, COLOUR.bandwidth)
    alone = [
        StrokePrior(image).targets(seeds[b : b + 1], COLOUR.bandwidth)
        for b, image in enumerate((coloured, grey))
    ]
    torch.testing.assert_close(together, torch.cat(alone))


def test_of_many_channels_the_principal_components_are_kept():
    colours = torch.randn(1, 5, 200, dtype=torch.float64) * torch.tensor([1, 5, 0.1, 3, 2])[:, None]
    centred = (colours - colours.mean(2, keepdim=True))[0].numpy()
    singular = np.linalg.svd(centred, compute_uv=False)
    kept = principal_axes(covariance(colours))[0].numpy() @ centred
    np.testing.assert_allclose(np.linalg.svd(kept, compute_uv=False), singular[:3])


def test_targets_sum_to_one_and_a_class_without_a_stroke_gets_nothing(problem):
    seeds = problem.seeds.clone()
    seeds[:, 2] = 0
    targets = StrokePrior(problem.image).targets(seeds, COLOUR.bandwidth)
    torch.testing.assert_close(targets.sum(1), torch.ones_like(targets[:, 0]))
    assert targets[:, 2].max() < 1e-3


def test_a_batch_is_answered_as_its_pictures_one_by_one(problem):
    other = problem.image.flip(-1) / 2  # other colours, so cells of another width
    image = torch.cat([problem.image, other])
    seeds = torch.cat([problem.seeds, problem.seeds.flip(1)])
    together = COLOUR.energy(Problem(image, seeds)).targets
    for b in range(2):
        alone = COLOUR.energy(Problem(image[b : b + 1], seeds[b : b + 1])).targets
        torch.testing.assert_close(together[b : b + 1], alone)


def test_the_answer_solves_gradys_system(problem):
    # Grady 2005, Eq. (11): (L + gamma) x = gamma prior, at pixels without a stroke.
    energy = replace(COLOUR, hard_seeds=True).energy(problem)
    x = SparseDirect().minimise(problem, energy).x[None]
    pull = energy.laplacian.apply(x) + COLOUR.prior * (x - energy.targets)
    free = problem.seeds.sum(1, keepdim=True) == 0
    assert torch.where(free, pull, 0).abs().max() < 1e-9
    torch.testing.assert_close(x * ~free, problem.seeds)


def test_a_prior_of_no_confidence_is_grady_2006(problem):
    with_none = SparseDirect().minimise(problem, replace(COLOUR, prior=0.0).energy(problem))
    tiny = SparseDirect().minimise(problem, replace(COLOUR, prior=1e-13).energy(problem))
    assert (with_none.x - tiny.x).abs().max() < 1e-3


def test_colours_reach_places_that_strokes_do_not_enclose():
    # Two red squares; only one is painted. Without a prior the other belongs to the ground.
    image = np.full((60, 90, 3), (40, 120, 60), np.uint8)
    image += np.random.default_rng(0).integers(0, 12, image.shape, dtype=np.uint8)
    image[20:40, 10:30] = image[20:40, 60:80] = (200, 40, 40)
    labels = np.zeros((60, 90), int)
    labels[28:32, 18:22], labels[2:4] = 1, 2
    assert (segment(image, labels).labels[20:40, 60:80] == 1).all()
    assert (segment(image, labels, energy="paper").labels[20:40, 60:80] == 2).all()


def test_auto_beta_does_not_see_the_contrast(problem):
    faint = Problem(problem.image / 4, problem.seeds)
    spec = RandomWalker(beta="auto")
    for strong, weak in zip(
        spec.laplacian(problem.image).affinity, spec.laplacian(faint.image).affinity, strict=True
    ):
        torch.testing.assert_close(strong, weak)


def test_the_prior_pulls_at_the_pixels_without_a_stroke_only(problem):
    energy = COLOUR.energy(problem)
    seeded = problem.seeds.sum(1, keepdim=True) > 0
    expected = torch.where(seeded, COLOUR.lam, COLOUR.prior).to(energy.confidence)
    torch.testing.assert_close(energy.confidence, expected)
    torch.testing.assert_close(energy.targets * seeded, problem.seeds)


def test_without_a_prior_no_colours_are_sorted(problem):
    assert RandomWalker().laplacian(problem.image).stroke_prior is None


def test_the_papers_energy_has_its_name():
    assert make_spec("segment", "paper") == RandomWalker()
    assert make_spec("segment", objects=False) == COLOUR
