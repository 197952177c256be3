"""A checkpoint is one file that says all about itself, and never a pickle."""

from __future__ import annotations

import pickle

import pytest
import torch

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.errors import InvalidInput
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


def test_a_pickle_is_refused_and_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InvalidInput, match="not a safetensors checkpoint"):
        Checkpoint.load(path)
    assert not (tmp_path / "ran").exists()


def test_a_truncated_file_is_refused(checkpoint, tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InvalidInput, match="not a safetensors checkpoint"):
        Checkpoint.load(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InvalidInput, match="has format None"):
        Checkpoint.load(tmp_path / "other.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="there is no model at"):
        Checkpoint.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("task", ["segment", "matte"])
def test_bundled_weights_say_what_they_are(task):
    assert bundled(task).stat().st_size < 3e6
    checkpoint = Checkpoint.load(bundled(task))
    assert checkpoint.spec.task == task
    assert {"data", "samples", "steps", "device", "date"} <= checkpoint.training.keys()
