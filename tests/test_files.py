"""Files in: every layout, or a sentence. Files out: whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.files import replacing
from napari_deep_energy.picture_files import read_image, read_strokes, write_picture, write_tiff

RGB = np.random.default_rng(0).integers(0, 255, (8, 10, 3), np.uint8)
LABELS = np.arange(80, dtype=np.uint8).reshape(8, 10) % 3


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_colour_pictures_come_back_as_they_were(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    tifffile.imwrite(path, RGB) if suffix == ".tif" else Image.fromarray(RGB).save(path)
    np.testing.assert_array_equal(read_image(path), RGB)


def test_opacity_is_dropped(tmp_path):
    Image.fromarray(np.dstack([RGB, RGB[..., 0]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB)


def test_sixteen_bits_are_kept(tmp_path):
    deep = (RGB[..., 0].astype(np.uint16) + 1) * 200
    Image.fromarray(deep).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", deep)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), deep)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), deep)


def test_a_palette_is_colour_in_a_picture_and_indices_in_strokes(tmp_path):
    picture = Image.fromarray(LABELS)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_strokes(tmp_path / "a.png"), LABELS)
    assert read_image(tmp_path / "a.png").shape == (8, 10, 3)


def test_grey_strokes_saved_in_colour_are_taken(tmp_path):
    Image.fromarray(np.dstack([LABELS] * 3)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_strokes(tmp_path / "a.png"), LABELS)


def test_coloured_strokes_are_refused(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png")
    with pytest.raises(InvalidInput, match="one grey plane"):
        read_strokes(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".xyz"])
def test_damaged_and_missing_files_are_named(suffix, tmp_path):
    path = tmp_path / f"bad{suffix}"
    with pytest.raises(InvalidInput, match="there is no picture at"):
        read_image(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\nII*\x00 not a picture")
    with pytest.raises(InvalidInput, match=f"bad{suffix} cannot be read"):
        read_image(path)


def test_a_truncated_png_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path)
    path.write_bytes(path.read_bytes()[:120])
    with pytest.raises(InvalidInput, match=r"a\.png cannot be read"):
        read_image(path)


def test_a_stack_is_refused_as_a_picture(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((4, 5, 8, 10), np.uint8), photometric="minisblack"
    )
    with pytest.raises(InvalidInput, match="single picture"):
        read_image(tmp_path / "a.tif")


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half():
        with replacing(path) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot write"):
        write_picture(tmp_path / "file" / "a.png", RGB)


def test_axes_are_recorded(tmp_path):
    write_tiff(tmp_path / "p.tif", np.zeros((3, 8, 10), np.float32), "CYX")
    with tifffile.TiffFile(tmp_path / "p.tif") as file:
        assert file.series[0].axes == "CYX"
        assert file.series[0].dtype == np.float32
