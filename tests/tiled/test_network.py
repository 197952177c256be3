"""The network tile by tile is the network on the whole picture at the same scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy import segment
from napari_deep_energy.energy import DEFAULT, ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import load_model
from napari_deep_energy.ome import read_ome_zarr
from napari_deep_energy.pixel_size import PixelSize
from napari_deep_energy.problem import Problem
from napari_deep_energy.tiled import plan_tiled, predict_tiled
from napari_deep_energy.tiled.grid import Box
from napari_deep_energy.tiled.network import Look
from napari_deep_energy.tiled.survey import survey

pytest.importorskip("ome_zarr")
LABELS = np.zeros((330, 410), np.uint8)
LABELS[40:60, 200:210], LABELS[:8] = 1, 2
IMAGE = np.ascontiguousarray(data.astronaut()[:330, :410])


@pytest.mark.parametrize(
    ("spec", "shrink", "tile", "third"),
    [
        (DEFAULT, 1, 128, 0),
        (DEFAULT, 4, 64, 3),
        (RandomWalker(), 2, 128, 0),
        (ClosedFormMatting(), 2, 128, 0),
    ],
)
def test_tiles_answer_as_the_whole(spec, shrink, tile, third, tmp_path):
    labels = LABELS.copy()
    labels[300:310, 20:90] = third
    found = predict_tiled(
        IMAGE, labels, tmp_path / "out", spec, shrink=shrink, tile=tile, refine=12
    )
    plan = plan_tiled(IMAGE, labels, spec)
    network = load_model(None, spec.task, spec.has_prior).network.eval()
    look = Look(survey(plan.source, plan.grid), network, shrink, 12)
    expected = look.at(Box(0, 0, *LABELS.shape)).numpy()
    np.testing.assert_allclose(
        np.asarray(found.read()).reshape(expected.shape), expected.clip(0, 1), atol=1e-4
    )


@pytest.mark.parametrize("shrink", [1, 2])
def test_it_is_about_the_network_of_segment(shrink, tmp_path):
    found = predict_tiled(IMAGE, LABELS, tmp_path / "out", shrink=shrink)
    expected = segment(IMAGE, LABELS, engine="network").labels
    assert (np.asarray(found.read_labels()) == expected).mean() > 0.97


def test_results_have_spacing_and_unit(tmp_path):
    found = predict_tiled(
        IMAGE, LABELS, tmp_path / "out", size=PixelSize((0.5, 0.25), "micrometer")
    )
    labels, probabilities = map(read_ome_zarr, (found.labels, found.probabilities))
    assert labels.scale == (0.5, 0.25)
    assert labels.units == ("micrometer",) * 2
    assert probabilities.scale[1:] == labels.scale
    assert probabilities.units[1:] == labels.units


def test_steps_lower_the_energy(tmp_path):
    problem = Problem.from_labels(IMAGE, LABELS).to(dtype=torch.float64)
    energy = DEFAULT.energy(problem)
    levels = []
    for steps in (0, 16, 64):
        found = predict_tiled(IMAGE, LABELS, tmp_path / str(steps), refine=steps)
        levels.append(float(energy(torch.from_numpy(np.asarray(found.read())).double()[None])))
    assert levels[0] > 1.3 * levels[1]
    assert levels[1] > levels[2]


def test_a_tile_that_cannot_be_shrunk_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="evenly"):
        predict_tiled(IMAGE, LABELS, tmp_path / "out", shrink=3, tile=64)


def test_a_model_that_says_how_many_steps_suit_it_gets_them(tmp_path):
    model = replace(load_model(None, "segment", True), training={"refine": 5})
    kept, told = (
        np.asarray(predict_tiled(IMAGE, LABELS, tmp_path / name, **how).read())
        for name, how in (("a", {"model": model}), ("b", {"refine": 5}))
    )
    np.testing.assert_array_equal(kept, told)
    other = np.asarray(predict_tiled(IMAGE, LABELS, tmp_path / "c").read())
    assert (kept != other).any()
