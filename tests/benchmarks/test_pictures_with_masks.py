"""How the benchmarks read their pictures."""

from __future__ import annotations

import numpy as np
import pytest
from pictures_with_masks import (
    Subject,
    fitting,
    largest_object,
    read_mattes,
    read_pairs,
    read_voc,
    reduced,
)
from PIL import Image

RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 255, (30, 40, 3), np.uint8)


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def test_the_largest_object_is_one_component_of_one_class():
    classes = np.zeros((10, 12), np.uint8)
    classes[0, :5] = 1
    classes[5:8, :4], classes[8, 4] = 2, 2  # joined by a corner
    classes[5:8, 6:10] = 2
    classes[9] = 255
    mask = largest_object(classes)
    assert (mask == 1).sum() == 13
    assert mask[8, 4] == 1
    np.testing.assert_array_equal(mask == 255, classes == 255)


def test_pairs_come_with_strokes_where_there_are_some(tmp_path):
    mask = np.zeros((30, 40), np.uint8)
    mask[5:20, 5:20] = 255
    for name in ("a", "b"):
        save(tmp_path / "image" / f"{name}.png", PICTURE)
        save(tmp_path / "gt" / f"{name}.png", mask)
    save(tmp_path / "strokes" / "b.png", mask // 255 * 2)
    first, second = read_pairs(tmp_path)
    assert (first.name, second.name, first.strokes) == ("a", "b", None)
    np.testing.assert_array_equal(first.image, PICTURE)
    np.testing.assert_array_equal(first.mask, mask // 255)
    np.testing.assert_array_equal(second.strokes, mask // 255 * 2)


def test_objects_that_are_too_small_are_left_out(tmp_path):
    (tmp_path / "ImageSets" / "Segmentation").mkdir(parents=True)
    (tmp_path / "ImageSets" / "Segmentation" / "val.txt").write_text("small\nlarge\n")
    for name, side in (("small", 2), ("large", 12)):
        classes = np.zeros((30, 40), np.uint8)
        classes[:side, :side] = 7
        save(tmp_path / "SegmentationClass" / f"{name}.png", classes)
        save(tmp_path / "JPEGImages" / f"{name}.jpg", PICTURE)
    assert [subject.name for subject in read_voc(tmp_path)] == ["large"]


def test_a_pixel_of_a_smaller_trimap_is_known_if_all_of_it_was(tmp_path):
    trimap = np.zeros((30, 40), np.uint8)
    trimap[:, 20:], trimap[:, 39] = 255, 128
    for kind, array in (("image", PICTURE), ("alpha", trimap), ("trimap1", trimap)):
        save(tmp_path / kind / "x.png", array)
    (cutout,) = read_mattes(tmp_path, 20)
    assert cutout.image.shape == (15, 20, 3)
    expected = np.zeros((15, 20))
    expected[:, 10:], expected[:, 19] = 1, 0.5
    np.testing.assert_array_equal(cutout.trimap, expected)


def test_a_smaller_subject_keeps_its_values():
    mask = np.zeros((30, 40), np.uint8)
    mask[:10], mask[10:12] = 1, 255
    small = reduced(Subject("x", PICTURE, mask, mask.astype(np.int64) % 255), 20)
    assert small.image.shape == (15, 20, 3)
    assert set(np.unique(small.mask)) == {0, 1, 255}
    assert (small.strokes[:4] == 1).all()
    assert not small.strokes[7:].any()


@pytest.mark.parametrize(("size", "longest", "expected"), [
    ((400, 300), 200, (200, 150)),
    ((300, 400), 200, (150, 200)),
    ((100, 50), 200, (100, 50)),
    ((1000, 1), 10, (10, 1)),
])  # fmt: skip
def test_pictures_are_never_made_larger(size, longest, expected):
    assert fitting(size, longest) == expected
