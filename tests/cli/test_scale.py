"""``volume`` and ``tiled`` on real files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from napari_deep_energy import segment
from napari_deep_energy.between_planes import segment_between
from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.lazy_pictures import open_picture
from napari_deep_energy.ome import read_ome_zarr, write_ome_zarr
from napari_deep_energy.picture_files import write_tiff
from napari_deep_energy.pixel_size import PixelSize
from napari_deep_energy.volumes import segment_volume

VOLUME = np.random.default_rng(0).random((5, 12, 14)).astype(np.float32)
SEEDS = np.zeros(VOLUME.shape, np.uint8)
SEEDS[1, 2], SEEDS[1, 10], SEEDS[3, 2], SEEDS[3, 10] = 1, 2, 1, 2


@pytest.fixture
def files(tmp_path):
    write_tiff(tmp_path / "v.ome.tif", VOLUME, "ZYX", PixelSize((3.0, 1.5, 1.5), "µm"))
    tifffile.imwrite(tmp_path / "s.tif", SEEDS)
    return tmp_path


def test_a_volume_keeps_its_spacing(files, run):
    done = run("volume", files / "v.ome.tif", files / "s.tif", "-o", files / "out", "--beta", 20)
    assert done.returncode == 0, done.stderr
    expected = segment_volume(VOLUME, SEEDS, spacing=(3.0, 1.5, 1.5), spec=RandomWalker(beta=20.0))
    written = open_picture(files / "out/labels.ome.tif")
    np.testing.assert_array_equal(np.asarray(written.data), expected.labels)
    assert (written.spacing, written.unit) == ((3.0, 1.5, 1.5), "µm")
    assert json.loads((files / "out/report.json").read_text())["outcome"] == "exact"


def test_planes_are_done_one_by_one(files, run):
    done = run("volume", files / "v.ome.tif", files / "s.tif", "-o", files / "out", "--planes")
    assert "2 of 5 planes" in done.stdout
    written = np.asarray(open_picture(files / "out/labels.ome.tif").data)
    np.testing.assert_array_equal(written[3], segment(VOLUME[3], SEEDS[3]).labels)
    assert not written[0].any()


def test_the_network_answers_painted_planes_of_a_volume(files, run):
    arguments = "volume", files / "v.ome.tif", files / "s.tif", "-o", files / "out", "--network"
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    expected = segment_between(VOLUME, SEEDS, spacing=(3.0, 1.5, 1.5))
    written = np.asarray(open_picture(files / "out/labels.ome.tif").data)
    np.testing.assert_array_equal(written, expected.labels)
    assert json.loads((files / "out/report.json").read_text())["outcome"] == "estimate"
    assert "leave out" in run(*arguments, "--beta", 20).stderr


def test_tiles_answer_an_ome_zarr_picture(tmp_path, photograph, strokes, run):
    planes = np.moveaxis(photograph, -1, 0)
    write_ome_zarr(tmp_path / "i.ome.zarr", planes, "cyx", PixelSize((0.5, 0.25), "micrometer"))
    tifffile.imwrite(tmp_path / "s.tif", strokes.astype(np.uint8), compression="zlib")
    arguments = "tiled", tmp_path / "i.ome.zarr", tmp_path / "s.tif", "-o", tmp_path / "out"
    told = run(*arguments, "--estimate")
    assert "MiB of memory a process" in told.stdout
    assert not (tmp_path / "out").exists()
    done = run(*arguments, "--tile", 32)
    assert done.returncode == 0, done.stderr
    written = read_ome_zarr(tmp_path / "out/labels.ome.zarr")
    assert (written.scale, written.units) == ((0.5, 0.25), ("micrometer", "micrometer"))
    assert read_ome_zarr(tmp_path / "out/probabilities.ome.zarr").scale == (1, 0.5, 0.25)
    labels = np.asarray(written.levels[0])
    np.testing.assert_array_equal(labels, segment(photograph, strokes).labels)
    refused = run(*arguments, "--memory", 0.01)
    assert refused.returncode == 1
    assert "GiB of memory" in refused.stderr


def test_a_tile_is_no_larger_than_the_picture(run, tmp_path, photograph, strokes):
    tifffile.imwrite(tmp_path / "i.tif", photograph)
    tifffile.imwrite(tmp_path / "p.tif", strokes.astype(np.uint8))
    out = tmp_path / "[red] out"  # brackets are no markup
    done = run("tiled", tmp_path / "i.tif", tmp_path / "p.tif", "-o", out, "--tile", 1_000_000)
    assert done.returncode == 0, done.stderr
    assert f"results in {out}" in done.stdout
    labels = np.asarray(read_ome_zarr(out / "labels.ome.zarr").levels[0])
    np.testing.assert_array_equal(labels, segment(photograph, strokes).labels)


def test_a_spacing_that_is_none_is_one_sentence(files, run):
    done = run("volume", files / "v.ome.tif", files / "s.tif", "--spacing", "1,2")
    assert done.returncode == 1
    assert "three numbers" in done.stderr
