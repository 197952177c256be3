"""Axes and spacing of pictures on disk, in and out."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import tifffile

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.lazy_pictures import open_picture
from napari_deep_energy.picture_files import write_tiff
from napari_deep_energy.pixel_size import PixelSize

VOLUME = np.random.default_rng(0).integers(0, 60000, (4, 30, 20)).astype(np.uint16)


def test_an_ome_tiff_comes_back_with_axes_spacing_and_unit(tmp_path):
    write_tiff(tmp_path / "v.ome.tif", VOLUME, "ZYX", PixelSize((2.0, 0.5, 0.25), "µm"))
    picture = open_picture(tmp_path / "v.ome.tif")
    np.testing.assert_array_equal(np.asarray(picture.data), VOLUME)
    assert (picture.axes, picture.spacing, picture.unit) == ("ZYX", (2.0, 0.5, 0.25), "µm")


def test_an_imagej_tiff_tells_its_spacing(tmp_path):
    tifffile.imwrite(
        tmp_path / "v.tif", VOLUME, imagej=True, resolution=(4.0, 2.0),
        metadata={"axes": "ZYX", "spacing": 3.0, "unit": "um"},
    )  # fmt: skip
    picture = open_picture(tmp_path / "v.tif")
    assert picture.axes == "ZYX"
    assert picture.spacing == pytest.approx((3.0, 0.5, 0.25))
    np.testing.assert_array_equal(np.asarray(picture.data), VOLUME)


def test_planes_without_a_name_are_a_stack(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", VOLUME, photometric="minisblack", metadata=None)
    assert open_picture(tmp_path / "v.tif").axes == "ZYX"


@pytest.mark.parametrize(("axes", "shape"), [("ZCYX", (4, 2, 30, 20)), ("CZYX", (2, 4, 30, 20))])
def test_channels_are_put_first(axes, shape, tmp_path):
    array = np.random.default_rng(0).integers(0, 99, shape).astype(np.uint8)
    write_tiff(tmp_path / "v.ome.tif", array, axes)
    arranged = np.asarray(open_picture(tmp_path / "v.ome.tif").arranged("ZYX"))
    expected = np.moveaxis(array, axes.index("C"), 0)
    np.testing.assert_array_equal(arranged, expected)


def test_a_volume_is_no_plane(tmp_path):
    write_tiff(tmp_path / "v.ome.tif", VOLUME, "ZYX")
    with pytest.raises(InvalidInput, match="axes ZYX"):
        open_picture(tmp_path / "v.ome.tif").arranged("YX")


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_part_of_a_tiff_is_that_part(compression, tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", VOLUME, photometric="minisblack", compression=compression)
    data = pickle.loads(pickle.dumps(open_picture(tmp_path / "v.tif").data))
    assert data.shape == VOLUME.shape
    np.testing.assert_array_equal(data[1, 3:9, 5:7], VOLUME[1, 3:9, 5:7])


def test_a_damaged_tiff_is_one_sentence(tmp_path):
    (tmp_path / "v.tif").write_bytes(b"II*\0 no")
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_picture(tmp_path / "v.tif")
