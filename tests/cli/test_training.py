"""``train``, ``finetune`` and ``evaluate`` as commands."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from napari_deep_energy.networks import Checkpoint


@pytest.fixture
def folder(tmp_path):
    """A user's folder: pictures of two kinds, and a file that is none."""
    pictures = tmp_path / "mine"
    pictures.mkdir()
    for i in range(3):
        Image.fromarray(data.coffee()[40 * i : 40 * i + 120, :160]).save(pictures / f"c{i}.png")
        Image.fromarray(data.coins()[40 * i : 40 * i + 100, :120]).save(pictures / f"g{i}.png")
    (pictures / "broken.png").write_bytes(b"not a picture")
    return pictures


def test_finetune_leaves_a_model_and_names_what_it_skipped(folder, tmp_path, run):
    done = run("finetune", folder, "--steps", 2, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "broken.png" in done.stdout
    assert "E/E* on held-out pictures" in done.stdout
    checkpoint = Checkpoint.load(tmp_path / "run" / "segment.safetensors")
    assert checkpoint.spec.task == "segment"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "nowhere"), "there is no folder"),
        (("train",), "nothing to train on"),
        (("train", "mine", "--recipe", "magic"), "there is no recipe magic"),
        (("train", "mine", "--pictures", 5), "cpu_segment learns from no mask"),
        (("evaluate", "table1", "--voc", "nowhere"), "is not a VOC devkit"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_1(folder, arguments, sentence, run):
    located = [folder.parent / a if a in ("nowhere", "mine") else a for a in arguments]
    done = run(*located)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_picture_is_no_model(folder, run):
    done = run("finetune", folder, "--start", folder / "c0.png", "--steps", 1)
    assert done.returncode == 1
    assert "not a safetensors checkpoint" in done.stderr
    assert np.asarray(Image.open(folder / "c0.png")).shape == (120, 160, 3)
