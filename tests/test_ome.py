"""OME-Zarr: what is written comes back, with its axes, and opens in napari."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.ome import read_ome_zarr, write_ome_zarr
from napari_deep_energy.pixel_size import PixelSize

pytest.importorskip("ome_zarr")


def test_a_volume_comes_back_with_its_axes_spacing_and_unit(tmp_path):
    volume = np.random.default_rng(0).random((2, 5, 300, 520)).astype(np.float32)
    write_ome_zarr(
        tmp_path / "v.ome.zarr", volume, "czyx", PixelSize((2.0, 0.5, 0.5), "micrometer")
    )
    picture = read_ome_zarr(tmp_path / "v.ome.zarr")
    np.testing.assert_array_equal(np.asarray(picture.levels[0]), volume)
    assert picture.axes == "czyx"
    assert picture.scale == (1, 2.0, 0.5, 0.5)
    assert picture.units == (None, "micrometer", "micrometer", "micrometer")
    assert [level.shape for level in picture.levels] == [
        (2, 5, 300, 520), (2, 5, 150, 260), (2, 5, 75, 130),
    ]  # fmt: skip
    mean = volume.reshape(2, 5, 150, 2, 260, 2).mean((3, 5))
    np.testing.assert_allclose(np.asarray(picture.levels[1]), mean, atol=1e-6)


def test_coarse_labels_are_labels(tmp_path):
    labels = np.random.default_rng(0).integers(0, 9, (600, 301)).astype(np.uint8) * 20
    write_ome_zarr(tmp_path / "l.ome.zarr", labels, "yx", is_labels=True)
    for level in read_ome_zarr(tmp_path / "l.ome.zarr").levels:
        assert level.dtype == np.uint8
        assert set(np.unique(np.asarray(level))) <= set(np.unique(labels))


def test_a_lazy_array_is_written_as_a_plain_one(tmp_path):
    import dask.array as da

    plain = np.random.default_rng(0).integers(0, 60000, (700, 800)).astype(np.uint16)
    for name, array in (("plain", plain), ("lazy", da.from_array(plain, (300, 800)))):
        write_ome_zarr(tmp_path / name, array, "yx")
    read = [read_ome_zarr(tmp_path / name) for name in ("plain", "lazy")]
    assert sorted(p.name for p in (tmp_path / "lazy").iterdir()) == sorted(
        p.name for p in (tmp_path / "plain").iterdir()
    )
    for one, other in zip(read[0].levels, read[1].levels, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_napari_opens_it_with_its_own_reader(tmp_path):
    plugins = pytest.importorskip("napari.plugins")
    from napari.components import ViewerModel

    plugins._initialize_plugins()
    image = np.random.default_rng(0).integers(0, 255, (600, 700)).astype(np.uint8)
    write_ome_zarr(tmp_path / "i.ome.zarr", image, "yx")
    (layer,) = ViewerModel().open(tmp_path / "i.ome.zarr", plugin="napari")
    assert layer.multiscale
    np.testing.assert_array_equal(np.asarray(layer.data[0]), image)
    assert [level.shape for level in layer.data] == [(600, 700), (300, 350), (150, 175)]


def test_a_folder_that_is_none_is_one_sentence(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read as a picture"):
        read_ome_zarr(tmp_path)


def test_axes_in_a_wrong_order_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="do not fit"):
        write_ome_zarr(tmp_path / "x.ome.zarr", np.zeros((3, 4, 5)), "yxc")


def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ome_zarr.writer", None)
    with pytest.raises(InvalidInput, match=r"napari-deep-energy\[scale\]"):
        write_ome_zarr(tmp_path / "x.ome.zarr", np.zeros((4, 5)), "yx")
