"""The network tile by tile is the network on the whole picture at the same scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.interactive import load_model
from napari_deep_energy.networks import Architecture, Checkpoint
from napari_deep_energy.tiled import plan_tiled, predict_tiled
from napari_deep_energy.tiled.grid import Box
from napari_deep_energy.tiled.network import predict_box

pytest.importorskip("ome_zarr")
LABELS = np.zeros((330, 410), np.uint8)
LABELS[40:60, 200:210], LABELS[:8] = 1, 2
IMAGE = np.ascontiguousarray(data.astronaut()[:330, :410])


@pytest.mark.parametrize(("shrink", "tile", "third"), [(1, 128, 0), (4, 64, 3)])
def test_tiles_answer_as_the_whole(shrink, tile, third, tmp_path):
    labels = LABELS.copy()
    labels[300:310, 20:90] = third
    found = predict_tiled(IMAGE, labels, tmp_path / "out", shrink=shrink, tile=tile)
    source = plan_tiled(IMAGE, labels, RandomWalker()).source
    network = load_model(None, "segment").network
    whole = predict_box(source, network, Box(0, 0, 330, 410), shrink)
    np.testing.assert_allclose(np.asarray(found.read()), whole.numpy(), atol=1e-4)
    assert len(found.values) == 2 + bool(third)


def test_tiles_of_a_pyramid_answer_as_the_whole(tmp_path):
    torch.manual_seed(0)
    network = Architecture(width=4, scales=2).build().eval()
    for values in network.parameters():  # its blocks do nothing before they are trained
        torch.nn.init.normal_(values, std=0.2)
    model = Checkpoint(network, RandomWalker())
    found = predict_tiled(IMAGE, LABELS, tmp_path / "out", shrink=2, tile=64, model=model)
    source = plan_tiled(IMAGE, LABELS, RandomWalker()).source
    whole = predict_box(source, network, Box(0, 0, 330, 410), 2)
    np.testing.assert_allclose(np.asarray(found.read()), whole.numpy(), atol=1e-4)
    with pytest.raises(InvalidInput, match="4th evenly"):
        predict_tiled(IMAGE, LABELS, tmp_path / "out", shrink=32, tile=64, model=model)


def test_a_tile_that_cannot_be_shrunk_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="evenly"):
        predict_tiled(IMAGE, LABELS, tmp_path / "out", shrink=3, tile=64)
