"""Results opened in napari lie where their picture lies."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_deep_energy.ome import write_ome_zarr
from napari_deep_energy.picture_files import write_tiff
from napari_deep_energy.pixel_size import PixelSize

SIZE = PixelSize((2.0, 0.5, 0.25), "µm")
LABELS = (np.arange(2 * 300 * 400) % 3).astype(np.uint8).reshape(2, 300, 400)


def opened(path):
    plugins = pytest.importorskip("napari.plugins")
    plugins._initialize_plugins()
    (layer,) = ViewerModel().open(str(path), plugin="napari-deep-energy")
    return layer


def write(path, array, axes):
    if path.suffix == ".tif":
        write_tiff(path, array, axes.upper(), SIZE)
    else:
        is_labels = array.dtype == np.uint8
        write_ome_zarr(path, array, axes, SIZE, is_labels=is_labels)


@pytest.mark.parametrize("suffix", ["ome.tif", "ome.zarr"])
def test_labels_are_labels_with_their_spacing(suffix, tmp_path):
    write(tmp_path / f"labels.{suffix}", LABELS, "zyx")
    layer = opened(tmp_path / f"labels.{suffix}")
    assert type(layer).__name__ == "Labels"
    assert tuple(layer.scale) == SIZE.spacing
    assert [str(unit) for unit in layer.units] == ["micrometer"] * 3
    assert tuple(layer.axis_labels) == ("z", "y", "x")
    finest = layer.data[0] if layer.multiscale else layer.data
    np.testing.assert_array_equal(np.asarray(finest), LABELS)


@pytest.mark.parametrize("suffix", ["ome.tif", "ome.zarr"])
def test_probabilities_keep_their_classes_apart(suffix, tmp_path):
    values = np.random.default_rng(0).random((3, 20, 30)).astype(np.float32)
    write(tmp_path / f"probabilities.{suffix}", values, "cyx")
    layer = opened(tmp_path / f"probabilities.{suffix}")
    assert type(layer).__name__ == "Image"
    assert tuple(layer.scale) == (1.0, 0.5, 0.25)
    assert tuple(layer.contrast_limits) == (0, 1)
    np.testing.assert_array_equal(np.asarray(layer.data), values)
