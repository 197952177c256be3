"""Labels layers are saved as PNG."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy import InvalidInput
from napari_deep_energy.labels_writer import write_labels


@pytest.mark.parametrize(("largest", "kind"), [(2, np.uint8), (255, np.uint8), (256, np.uint16)])
def test_labels_come_back_from_the_file(tmp_path, strokes, largest, kind):
    labels = np.where(strokes == strokes.max(), largest, strokes)
    path = tmp_path / "cat.strokes.png"
    assert write_labels(str(path), labels, {}) == [str(path)]
    read = np.asarray(Image.open(path))
    np.testing.assert_array_equal(read, labels)
    assert read.dtype == kind


@pytest.mark.parametrize(
    "labels", [np.zeros((2, 3, 4), int), np.full((3, 4), 65536), np.full((3, 4), -1)]
)
def test_what_does_not_fit_is_said_and_nothing_is_written(tmp_path, labels):
    with pytest.raises(InvalidInput, match=r"save them as \.tif"):
        write_labels(str(tmp_path / "cat.png"), labels, {})
    assert not list(tmp_path.iterdir())


def test_napari_saves_a_layer_that_batch_can_read(tmp_path, strokes):
    from napari.layers import Labels
    from npe2 import PluginManager

    from napari_deep_energy.picture_files import read_strokes

    PluginManager.instance().discover()  # as a viewer does
    layer = Labels(strokes)
    (path,) = layer.save(str(tmp_path / "cat.strokes.png"))
    np.testing.assert_array_equal(read_strokes(tmp_path / "cat.strokes.png"), strokes)
    assert path.endswith("cat.strokes.png")
