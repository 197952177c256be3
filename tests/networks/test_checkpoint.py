"""A checkpoint is one file that says all about itself."""

from __future__ import annotations

import pytest
import torch

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.networks import Architecture, Checkpoint, bundled


@pytest.fixture
def checkpoint():
    torch.manual_seed(0)
    network = Architecture(width=4, depth=2).build()
    return Checkpoint(network, RandomWalker(beta=321.0), {"steps": 7, "device": "cpu"})


def test_a_saved_checkpoint_comes_back_whole(checkpoint, tmp_path):
    checkpoint.save(tmp_path / "model.safetensors")
    again = Checkpoint.load(tmp_path / "model.safetensors")
    assert again.network.architecture == checkpoint.network.architecture
    assert again.spec == checkpoint.spec
    assert again.training == checkpoint.training
    assert again.name == "model"
    x = torch.rand(1, 5, 9, 9)
    torch.testing.assert_close(again.network(x), checkpoint.network.eval()(x))


def test_only_the_final_file_is_left_after_saving(checkpoint, tmp_path):
    checkpoint.save(tmp_path / "deep" / "model.safetensors")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("name", ["segment", "segment_prior", "segment_regions", "matte"])
def test_bundled_weights_say_what_they_are(name):
    assert bundled(name).stat().st_size < 3e6
    checkpoint = Checkpoint.load(bundled(name))
    assert checkpoint.spec.task == name.split("_")[0]
    assert checkpoint.spec.has_prior == ("_" in name)
    assert {"data", "samples", "steps", "device", "date"} <= checkpoint.training.keys()
