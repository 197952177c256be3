"""Energies that go by the whole picture are the same in tiles."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage import data

from napari_deep_energy.energy import COLOUR, DEFAULT, ClosedFormMatting, RandomWalker
from napari_deep_energy.energy.enlarging import enlarging
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.tiled import plan_tiled, solve_tiled
from napari_deep_energy.tiled.looks import UNIT
from napari_deep_energy.tiled.survey import covering, survey

from .conftest import whole

pytest.importorskip("ome_zarr")
SIZE = 150, 210
PICTURE = np.ascontiguousarray(data.astronaut()[: SIZE[0], 150 : 150 + SIZE[1]])
LABELS = np.zeros(SIZE, np.uint8)
LABELS[40:60, 70:75], LABELS[:3, :90], LABELS[100:103, 20:60] = 1, 2, 5


def five_channels():
    planes = PICTURE.transpose(2, 0, 1).astype(np.float32) / 255
    return np.concatenate([planes, planes[:2, ::-1] ** 2])


@pytest.mark.parametrize(
    "image", [PICTURE, PICTURE[..., 0], five_channels()], ids=["rgb", "g", "5"]
)
@pytest.mark.parametrize("tile", [40, 129])
def test_the_colour_aware_energy_is_that_of_the_whole(image, tile, tmp_path):
    spec = COLOUR if image.ndim < 3 or image.shape[-1] == 3 else RandomWalker(
        beta="auto", colour="channels", prior=3e-3
    )  # fmt: skip
    expected = whole(image, LABELS, spec)
    found = solve_tiled(image, LABELS, tmp_path / "out", spec, tile=tile)
    # Sums over boxes round otherwise: of 31,500 pixels of five channels, 5 fall into the next cell
    # of the palette, whose other counts move what is around them by up to 2.1e-3.
    near = 3e-3
    np.testing.assert_allclose(np.asarray(found.read()), expected.probabilities, atol=near)
    best = np.sort(expected.probabilities, 0)
    is_tie = best[-1] - best[-2] < 2 * near
    assert ((np.asarray(found.read_labels()) == expected.labels) | is_tie).all()


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_a_trimap_has_its_prior_and_scribbles_have_none(share, tmp_path):
    trimap = np.zeros(SIZE, np.uint8)
    trimap[:, : int(share / 2 * SIZE[1])], trimap[:, -int(share / 2 * SIZE[1]) :] = 1, 2
    spec = ClosedFormMatting(prior="auto")
    found = solve_tiled(PICTURE, trimap, tmp_path / "out", spec, tile=64)
    expected = whole(PICTURE, trimap, spec).alpha
    np.testing.assert_allclose(np.asarray(found.read()), expected, atol=1e-3)
    paper = whole(PICTURE, trimap, ClosedFormMatting()).alpha
    assert (np.abs(paper - expected).max() > 1e-2) == (share > 0.5)


@pytest.mark.parametrize(("size", "small"), [(150, 128), (37, 37), (300, 128)])
def test_sums_over_parts_are_poolings_of_the_whole(size, small):
    x = torch.rand(1, 1, size, 1, dtype=torch.float64)
    cuts = [(0, 20), (20, 31), (31, size)]
    parts = sum(covering(a, b, size, small) @ x[:, :, a:b] for a, b in cuts)
    torch.testing.assert_close(parts, F.adaptive_avg_pool2d(x, (small, 1)))
    rows = torch.cat([enlarging(a, b, 3 * size, small) for a, b in cuts])
    y = torch.rand(1, 1, small, 1)
    wide = F.interpolate(y, (3 * size, 1), mode="bilinear", align_corners=False)
    torch.testing.assert_close(rows @ y, wide[:, :, : rows.shape[0]], atol=1e-5, rtol=0)


def test_an_energy_that_needs_no_look_over_the_whole_takes_none():
    plan = plan_tiled(PICTURE, LABELS, RandomWalker(), 64)
    assert survey(plan.source, plan.grid).appearance is None


@pytest.mark.parametrize(
    ("image", "spec"),
    [
        (PICTURE, COLOUR),
        (PICTURE, RandomWalker(beta=50.0, prior=0.01)),
        (five_channels(), RandomWalker(beta="auto", colour="channels", prior=3e-3)),
        (PICTURE, ClosedFormMatting()),
    ],
)
def test_the_look_counts_to_its_end(image, spec):
    plan = plan_tiled(image, LABELS.clip(0, 2), spec, 64)
    steps = []
    survey(plan.source, plan.grid, progress=lambda done, total, unit: steps.append((done, total)))
    assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)]


@pytest.mark.parametrize("kind", ["colour", "grey", "three classes", "seven classes"])
def test_objects_are_those_of_the_whole(kind, tmp_path):
    image, labels = PICTURE, LABELS.clip(0, 2)
    if kind == "grey":
        image = PICTURE[..., 0]
    elif kind == "three classes":
        labels = LABELS
    elif kind == "seven classes":
        labels = labels.copy()
        labels[:14] = np.arange(14)[:, None] // 2 + 1
    expected = whole(image, labels, DEFAULT)
    steps = []
    found = solve_tiled(
        image, labels, tmp_path / "out", DEFAULT, tile=64,
        progress=lambda done, total, unit: steps.append((done, total, unit)),
    )  # fmt: skip
    np.testing.assert_allclose(np.asarray(found.read()), expected.probabilities, atol=2e-3)
    looks = [step[:2] for step in steps if step[2] == UNIT]
    assert looks[-1][0] == looks[-1][1]
    assert all(done <= total for done, total in looks)


def test_the_look_can_be_cancelled():
    plan = plan_tiled(PICTURE, LABELS, COLOUR, 64)
    with pytest.raises(Cancelled):
        survey(plan.source, plan.grid, stop=lambda: True)
