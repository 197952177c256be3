"""Simulated seeds lie in their regions and vary as their settings say."""

from __future__ import annotations

import pytest
import torch
from napari_deep_energy.training.seed_generation import PAPER, Markers, generate, random_pixels


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def masks() -> torch.Tensor:
    """A square, a ring whose centre is not its own, and a pixel; the rest partly ignored."""
    masks = torch.zeros(3, 64, 64, dtype=torch.uint8)
    masks[0, 20:44, 20:44] = 1
    masks[1, 8:56, 8:56] = 1
    masks[1, 16:48, 16:48] = 0
    masks[2, 60, 3] = 1
    masks[:, :, 62:] = 255
    return masks


def test_seeds_lie_within_their_regions(masks):
    for seed in range(10):
        seeds = generate(masks, Markers(more=0.5, dense=0.3), generator(seed)) > 0
        assert not (seeds[:, 0] & (masks != 1)).any()
        assert not (seeds[:, 1] & (masks != 0)).any()


def test_every_class_gets_a_seed(masks):
    for seed in range(10):
        assert generate(masks, PAPER, generator(seed)).flatten(2).any(2).all()


def test_a_marker_is_planted_at_the_centre_of_mass_where_that_is_inside(masks):
    for seed in range(10):
        assert generate(masks, PAPER, generator(seed))[0, 0, 32, 32] == 1


def test_a_marker_of_a_ring_is_planted_on_the_ring_at_random(masks):
    places = {
        tuple(generate(masks, PAPER, generator(seed))[1, 0].nonzero().float().mean(0).tolist())
        for seed in range(5)
    }
    assert len(places) == 5


def test_the_paper_draws_one_line_or_circle_a_class(masks):
    from scipy.ndimage import label

    for seed in range(5):
        plane = generate(masks[:1], PAPER, generator(seed))[0, 0].numpy()
        assert label(plane, [[1, 1, 1]] * 3)[1] == 1


def test_dense_seeds_leave_only_a_band_along_the_border(masks):
    point = {"radius": (0.0, 0.0), "length": (0.0, 0.0), "thickness": (0.0, 0.0)}
    chosen = Markers(dense=1.0, band=(0.05, 0.05), **point)
    seeds = generate(masks[:1], chosen, generator())[0]
    assert seeds[0, 24:40, 24:40].all()  # 3 pixels of 64 are 5 %
    assert seeds[:, 18:22, 18:46].sum() == 0
    assert seeds[1, :16, :58].all()


@pytest.mark.parametrize(
    "changed",
    [
        Markers(radius=(0.2, 0.3)),
        Markers(length=(0.6, 0.9)),
        Markers(thickness=(0.1, 0.2)),
        Markers(more=1.0),
        Markers(dense=1.0),
    ],
)
def test_each_setting_changes_the_strokes(masks, changed):
    usual = torch.stack([generate(masks, PAPER, generator(s)).sum() for s in range(8)])
    other = torch.stack([generate(masks, changed, generator(s)).sum() for s in range(8)])
    assert other.sum() > usual.sum()


def test_the_same_generator_draws_the_same_strokes(masks):
    again = [generate(masks, Markers(more=0.5), generator(3)) for _ in range(2)]
    assert torch.equal(*again)
    assert not torch.equal(again[0], generate(masks, Markers(more=0.5), generator(4)))


def test_random_pixels_reach_the_whole_region(masks):
    many = masks[2:].eq(0).expand(3000, -1, -1)
    rows, columns = random_pixels(many, generator()).T
    assert rows.min() < 3
    assert rows.max() > 60
    assert columns.max() <= 61
