"""Stacks in a folder: plane by plane, never taken for channels."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_deep_energy import segment
from napari_deep_energy.batch import Batch
from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.lazy_pictures import pixel_size_of
from napari_deep_energy.ome import read_ome_zarr, write_ome_zarr
from napari_deep_energy.picture_files import write_tiff
from napari_deep_energy.pixel_size import PixelSize

from .conftest import answer

SPEC = RandomWalker(beta=100.0)


@pytest.fixture
def stack(photograph):
    """(20, H, W) uint8: more planes than a picture has channels."""
    grey = photograph.mean(2).astype(np.uint8)
    return np.stack([np.roll(grey, n, 1) for n in range(20)])


@pytest.fixture
def seeds(stack, strokes):
    """Strokes on planes 2 and 5."""
    labels = np.zeros(stack.shape, np.uint8)
    labels[2] = labels[5] = strokes
    return labels


def save(folder, stack, seeds, **axes):
    folder.mkdir()
    tifffile.imwrite(folder / "cells.tif", stack, metadata=axes or None)
    tifffile.imwrite(folder / "cells.strokes.tif", seeds)


def test_painted_planes_are_answered_by_themselves(tmp_path, stack, seeds):
    save(tmp_path / "in", stack, seeds)
    (record,) = answer(tmp_path / "in", tmp_path / "out", Batch(SPEC, "analytic"))
    assert (record.status, record.engine, record.outcome) == ("done", "analytic", "exact")
    with tifffile.TiffFile(tmp_path / "out/cells/labels.tif") as file:
        assert file.series[0].axes == "ZYX"
        found = file.asarray()
    expected = segment(stack[2], seeds[2], energy="paper", beta=100.0, engine="analytic")
    np.testing.assert_array_equal(found[2], expected.labels)
    assert found[5].any()
    assert not np.delete(found, (2, 5), 0).any()


def test_few_planes_are_a_stack_if_the_file_says_so_and_channels_if_not(tmp_path, stack, seeds):
    few = stack[:6]
    save(tmp_path / "named", few, seeds[:6], axes="TYX")
    (record,) = answer(tmp_path / "named", tmp_path / "a/out", Batch(SPEC, "analytic"))
    assert record.status == "done"
    with tifffile.TiffFile(tmp_path / "a/out/cells/labels.tif") as file:
        assert file.series[0].axes == "TYX"
    save(tmp_path / "unnamed", few, seeds[2])
    (record,) = answer(tmp_path / "unnamed", tmp_path / "b/out", Batch(SPEC, "analytic"))
    assert tifffile.imread(tmp_path / "b/out/cells/labels.tif").ndim == 2


def test_ome_zarr_stacks_with_channels(tmp_path, stack, seeds):
    (tmp_path / "in").mkdir()
    coloured = np.stack([stack, stack[:, ::-1]])
    write_ome_zarr(tmp_path / "in/cells.ome.zarr", coloured, "czyx")
    tifffile.imwrite(tmp_path / "in/cells.strokes.tif", seeds)
    (record,) = answer(
        tmp_path / "in", tmp_path / "out", Batch(SPEC, "analytic", formats=("ome-zarr",))
    )
    assert record.reason == ""
    found = read_ome_zarr(tmp_path / "out/cells/labels.ome.zarr")
    assert found.axes == "zyx"
    assert np.asarray(found.levels[0])[2].any()


def test_results_have_the_spacing_of_their_picture(tmp_path, stack, seeds):
    size = PixelSize((2.0, 0.5, 0.25), "µm")
    (tmp_path / "in").mkdir()
    write_tiff(tmp_path / "in/cells.tif", stack, "ZYX", size)
    tifffile.imwrite(tmp_path / "in/cells.strokes.tif", seeds)
    write_tiff(tmp_path / "in/flat.tif", stack[2], "YX", size)
    tifffile.imwrite(tmp_path / "in/flat.strokes.tif", seeds[2])
    records = answer(
        tmp_path / "in", tmp_path / "out", Batch(SPEC, "analytic", formats=("tiff", "ome-zarr"))
    )
    assert [record.reason for record in records] == ["", ""]
    for name, spacing in (("cells/labels", (2.0, 0.5, 0.25)), ("flat/probabilities", (0.5, 0.25))):
        for suffix in ("tif", "ome.zarr"):
            assert pixel_size_of(tmp_path / f"out/{name}.{suffix}") == PixelSize(spacing, "µm")
    assert read_ome_zarr(tmp_path / "out/flat/labels.ome.zarr").units == ("micrometer",) * 2


def test_a_rule_paints_every_plane(tmp_path, stack):
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in/cells.tif", stack)
    (record,) = answer(tmp_path / "in", tmp_path / "out", Batch(SPEC, "analytic", rule="centre"))
    assert record.reason == ""
    found = tifffile.imread(tmp_path / "out/cells/labels.tif")
    assert found.any((1, 2)).all()


def test_a_stack_of_mattes(tmp_path, stack, seeds):
    save(tmp_path / "in", stack, seeds)
    (record,) = answer(tmp_path / "in", tmp_path / "out", Batch(ClosedFormMatting(), "analytic"))
    assert record.reason == ""
    found = tifffile.imread(tmp_path / "out/cells/alpha.tif")
    assert found.dtype == np.float32
    assert 0.5 < found[2].max() <= 1


@pytest.mark.parametrize(
    ("formats", "planes", "reason"),
    [
        (("png",), slice(None), "does not fit into a PNG"),
        (("tiff",), 2, "its strokes are one plane"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, stack, seeds, formats, planes, reason):
    save(tmp_path / "in", stack, seeds[planes])
    (record,) = answer(tmp_path / "in", tmp_path / "out", Batch(SPEC, "analytic", formats=formats))
    assert record.status == "failed"
    assert reason in record.reason
    assert not (tmp_path / "out/cells").exists()
