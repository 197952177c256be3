"""The commands on real files, and what they write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_deep_energy import segment
from napari_deep_energy.lazy_pictures import pixel_size_of
from napari_deep_energy.picture_files import write_tiff
from napari_deep_energy.pixel_size import PixelSize


@pytest.fixture
def files(tmp_path, photograph, strokes):
    Image.fromarray(photograph).save(tmp_path / "image.png")
    tifffile.imwrite(tmp_path / "strokes.tif", strokes.astype(np.uint8))
    trimap = np.full(strokes.shape, 128, np.uint8)
    trimap[strokes == 1], trimap[strokes > 1] = 255, 0
    Image.fromarray(trimap).save(tmp_path / "trimap.png")
    return tmp_path


def test_results_have_the_spacing_of_the_picture(files, photograph, run):
    size = PixelSize((0.5, 0.25), "µm")
    write_tiff(files / "image.tif", photograph[..., 0], "YX", size)
    done = run("segment", files / "image.tif", files / "strokes.tif", "-o", files / "out")
    assert done.returncode == 0, done.stderr
    for name in ("labels", "probabilities"):
        assert pixel_size_of(files / f"out/{name}.tif") == size


def test_segment_writes_what_python_returns(files, photograph, strokes, run):
    done = run("segment", files / "image.png", files / "strokes.tif", "-o", files / "out")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (files / "out").iterdir()} == {
        "labels.tif", "labels.png", "probabilities.tif", "overlay.png", "report.json",
    }  # fmt: skip
    expected = segment(photograph, strokes)
    np.testing.assert_array_equal(tifffile.imread(files / "out/labels.tif"), expected.labels)
    probabilities = tifffile.imread(files / "out/probabilities.tif")
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected.probabilities, atol=1e-6)
    report = json.loads((files / "out/report.json").read_text())
    assert report["engine"] == "analytic"
    assert report["outcome"] == "exact"
    assert report["energy"] == pytest.approx(expected.energy)
    assert report["gap"] == 0
    assert report["spec"]["beta"] == "auto"
    assert report["spec"]["prior"] > 0
    assert np.asarray(Image.open(files / "out/overlay.png")).shape == (40, 56, 3)


def test_many_planes_are_channels_if_the_user_says_so(files, strokes, run):
    planes = np.random.default_rng(0).integers(0, 255, (20, *strokes.shape), np.uint8)
    tifffile.imwrite(files / "planes.tif", planes, photometric="minisblack")
    inputs = files / "planes.tif", files / "strokes.tif"
    done = run("segment", *inputs, "-o", files / "out", "--channels")
    assert done.returncode == 0, done.stderr
    expected = segment(planes, strokes).labels
    np.testing.assert_array_equal(tifffile.imread(files / "out/labels.tif"), expected)


def test_matte_takes_a_trimap_and_writes_a_cutout(files, run):
    inputs = files / "image.png", files / "trimap.png"
    done = run("matte", *inputs, "-o", files / "out", "--engine", "network")
    assert done.returncode == 0, done.stderr
    alpha = tifffile.imread(files / "out/alpha.tif")
    assert alpha.dtype == np.float32
    cutout = np.asarray(Image.open(files / "out/cutout.png"))
    np.testing.assert_array_equal(cutout[..., 3], np.rint(255 * alpha))
    report = json.loads((files / "out/report.json").read_text())
    assert report["engine"] == "network"
    assert report["gap"] is None


def test_compare_writes_both_and_what_sets_them_apart(files, run):
    done = run("compare", files / "image.png", files / "strokes.tif", "-o", files / "out",
               "--prior", 0.01)  # fmt: skip
    assert done.returncode == 0, done.stderr
    out = files / "out"
    names = {"network", "analytic", "difference.tif", "comparison.csv", "report.json"}
    assert {p.name for p in out.iterdir()} == names
    network = json.loads((out / "network/report.json").read_text())
    analytic = json.loads((out / "analytic/report.json").read_text())
    assert network["gap"] == pytest.approx(network["energy"] - analytic["energy"])
    assert network["spec"]["prior"] == analytic["spec"]["prior"] == 0.01
    assert "mean IoU" in done.stdout


def test_settings_reach_the_solver(files, photograph, strokes, run):
    run("segment", files / "image.png", files / "strokes.tif", "-o", files / "out",
        "--beta", 50, "--lam", 3, "--hard-seeds")  # fmt: skip
    report = json.loads((files / "out/report.json").read_text())
    expected = segment(photograph, strokes, beta=50, lam=3, hard_seeds=True)
    assert report["energy"] == pytest.approx(expected.energy)


def test_objects_can_be_left_out(files, photograph, strokes, run):
    run("segment", files / "image.png", files / "strokes.tif", "-o", files / "out", "--no-objects")
    report = json.loads((files / "out/report.json").read_text())
    assert report["spec"]["objects"] is False
    assert report["energy"] == pytest.approx(segment(photograph, strokes, objects=False).energy)


def test_info_passes_its_self_test(run):
    done = run("info")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "self-test passed" in done.stdout
    assert "weights, segment" in done.stdout


def test_the_command_is_installed():
    script = Path(sys.executable).with_name("napari-deep-energy")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    for command in ("segment", "matte", "compare", "demo", "train", "finetune", "evaluate", "info",
                    "batch", "tiled", "volume"):  # fmt: skip
        assert command in done.stdout
