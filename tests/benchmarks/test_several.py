"""Pictures of several objects, and the strokes on each."""

from __future__ import annotations

import numpy as np
from napari_deep_energy.training.objects import IGNORED
from PIL import Image
from several import drawn, numbered, pictures


def classes_with(*squares):
    """Class mask, 100 x 120, of squares (row, column, side, class)."""
    classes = np.zeros((100, 120), np.uint8)
    for row, column, side, value in squares:
        classes[row : row + side, column : column + side] = value
    return classes


TWO = classes_with((10, 10, 40, 3), (10, 60, 40, 3), (80, 100, 2, 5))


def test_each_part_of_a_class_is_an_object_and_what_is_small_is_unknown():
    numbers = numbered(TWO)
    assert numbers[20, 20] == 1
    assert numbers[20, 70] == 2
    assert numbers[80, 100] == IGNORED
    assert numbers[0, 0] == 0


def test_strokes_are_on_the_objects_by_their_numbers_and_the_rest_has_its_own():
    numbers = numbered(TWO)
    labels = drawn(numbers, np.random.default_rng(0))
    for value in (1, 2):
        assert set(numbers[labels == value]) == {value}
    assert set(numbers[labels == 3]) == {0}


def test_pictures_with_one_object_are_left_out(tmp_path):
    lists = tmp_path / "ImageSets/Segmentation"
    for folder in (lists, tmp_path / "SegmentationClass", tmp_path / "JPEGImages"):
        folder.mkdir(parents=True)
    (lists / "val.txt").write_text("one\ntwo\n")
    for name, classes in (("one", classes_with((10, 10, 40, 3))), ("two", TWO)):
        Image.fromarray(classes).save(tmp_path / f"SegmentationClass/{name}.png")
        Image.new("RGB", (120, 100)).save(tmp_path / f"JPEGImages/{name}.jpg")
    [(name, picture, objects)] = pictures(tmp_path, 60)
    assert (name, picture.size, objects.size) == ("two", (60, 50), (60, 50))
