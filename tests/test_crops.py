"""Parts of huge pictures, and strokes on a coarser grid."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_deep_energy.crops import Crop, Enlarged, crop_of, cropped
from napari_deep_energy.layers import Picture, shrunk

WHOLE = (slice(None), slice(None))


def crop(size=(60, 80), rows=slice(0, 60, 1), columns=slice(0, 80, 1), finest=None):
    array = np.arange(size[0] * size[1]).reshape(size)
    return Crop(array, (rows, columns), False, False, size, finest or size)


def test_it_reads_its_part():
    part = crop(rows=slice(10, 21, 2), columns=slice(5, 8, 1))
    assert part.shape == (6, 3)
    np.testing.assert_array_equal(part[...], part.array[10:21:2, 5:8])


def test_a_place_in_the_plane_is_a_pixel_of_it():
    part = crop(rows=slice(10, 21, 2), columns=slice(5, 8, 1))
    share = np.array([(14 + 0.5) / 60, (6 + 0.5) / 80])
    row, column = np.floor(part.pixel_at(share)).astype(int)
    assert part[...][row, column] == part.array[14, 6]


def test_only_the_blocks_in_view_are_read():
    read = []

    def block(block_info=None):
        read.append(block_info[None]["chunk-location"])
        return np.zeros((100, 100), np.uint8)

    lazy = da.map_blocks(block, chunks=((100,) * 30, (100,) * 30), dtype=np.uint8)
    picture = Picture(lazy, WHOLE)
    part = cropped(crop_of(picture, lazy, np.array([[120, 250], [180, 310]]), (3000, 3000)))
    read.clear()
    assert part.load().shape == (61, 61)
    assert set(read) == {(1, 2), (1, 3)}


def test_a_view_of_all_is_thinned_out():
    lazy = da.zeros((9000, 9000), np.uint8)
    assert max(crop_of(Picture(lazy, WHOLE), lazy, None, (9000, 9000)).shape) <= 1000


@pytest.mark.parametrize("channels", [True, False])
def test_planes_and_channels_are_kept(channels):
    array = np.random.default_rng(0).random((3, 40, 50))
    index = WHOLE if channels else (1, *WHOLE)
    picture = Picture(array, index, channels=channels)
    part = cropped(crop_of(picture, array, np.array([[5, 6], [14, 25]]), (40, 50)))
    expected = array[:, 5:15, 6:26] if channels else array[1, 5:15, 6:26]
    np.testing.assert_array_equal(part.load(), expected)


def test_colours_are_kept():
    array = np.random.default_rng(0).random((40, 50, 4))
    part = cropped(crop_of(Picture(array, WHOLE, rgb=True), array, None, (40, 50)))
    np.testing.assert_array_equal(part.load(), array[..., :3])


def test_no_thin_stroke_is_lost_at_a_coarse_level():
    strokes = np.zeros((240, 320), np.uint8)
    strokes[101, 7], strokes[239, 319] = 2, 1
    seen = crop(finest=(240, 320)).strokes(strokes)
    assert seen.shape == (60, 80)
    assert seen[25, 1] == 2
    assert seen[59, 79] == 1
    assert np.count_nonzero(seen) == 2


def test_coarse_strokes_cover_many_pixels_of_a_fine_level():
    strokes = np.zeros((15, 20), np.uint8)
    strokes[2, 3] = 1
    seen = crop(rows=slice(6, 16, 1), columns=slice(10, 30, 1)).strokes(strokes)
    expected = np.kron(strokes, np.ones((4, 4), np.uint8))[6:16, 10:30]
    np.testing.assert_array_equal(seen, expected)


def test_it_lies_where_its_pixels_are():
    part = crop(size=(60, 80), rows=slice(10, 20, 2), finest=(240, 320))
    assert part.step == (8, 4)
    assert part.origin == (43.5, 1.5)  # rows 40 to 47, columns 0 to 3


def test_enlarged_strokes_are_read_as_if_they_were_large():
    strokes = np.random.default_rng(0).integers(0, 3, (7, 9)).astype(np.uint8)
    large = np.kron(strokes, np.ones((5, 5), np.uint8))[:33, :42]
    lazy = Enlarged(strokes, 5, (33, 42))
    assert shrunk(lazy.shape, 5) == strokes.shape
    np.testing.assert_array_equal(lazy[3:31, 11:42], large[3:31, 11:42])
