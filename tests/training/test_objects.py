"""Objects to train on: from data sets with masks, one at a time, augmented."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from napari_deep_energy.training.augmentation import Augmentation, augmented, resized
from napari_deep_energy.training.data import read_data, split
from napari_deep_energy.training.objects import Selection, components, single_objects
from napari_deep_energy.training.recipe import Recipe
from napari_deep_energy.training.voc import read_pairs, read_voc
from PIL import Image

from napari_deep_energy.errors import InvalidInput

ALL = Selection(0.0, 1.0)


def test_every_component_of_a_class_is_an_object():
    classes = np.zeros((20, 20), np.uint8)
    classes[2:6, 2:6] = 7
    classes[6:8, 6:8] = 7  # touches at a corner: the same object
    classes[12:18, 2:6] = 7
    classes[2:6, 12:18] = 9
    classes[0] = 255
    found = components(classes)
    assert len(np.unique(found[(found > 0) & (found < 255)])) == 3
    assert (found[0] == 255).all()


def test_no_component_is_numbered_like_ignored_pixels():
    classes = np.zeros((64, 64), np.uint8)
    classes[::3, ::3] = 1  # 484 components
    found = components(classes)
    assert len(np.unique(found)) == 485
    assert not (found == 255).any()


def test_small_and_overwhelming_objects_are_dropped():
    instances = np.zeros((10, 10), np.int32)
    instances[0, 0] = 1  # 1 %
    instances[1:, :] = 2  # 90 %
    instances[0, 5:] = 3  # 5 %
    kept = single_objects(instances, Selection())
    assert [int((m == 1).sum()) for m in kept] == [5]


def test_ignored_pixels_are_neither_object_nor_background(voc):
    objects = read_voc(voc, "train", 96, Selection())
    assert (objects.masks == 255).flatten(1).any(1).all()


def test_voc_classes_are_split_into_components(voc):
    objects = read_voc(voc, "train", 96)
    assert len(objects) == 6  # three components on each of two pictures
    assert objects.source == "VOC2012 train: 2 pictures, 6 objects"


def test_voc_objects_are_used_where_present(voc):
    folder = voc / "VOC2012" / "SegmentationObject"
    folder.mkdir()
    instances = np.zeros((96, 96), np.uint8)
    instances[10:40, 10:90] = 1
    mask = Image.fromarray(instances).convert("P")
    mask.putdata(instances.ravel().tolist())
    mask.save(folder / "a.png")
    assert len(read_voc(voc, "train", 96)) == 1 + 3


def test_a_folder_that_is_no_devkit_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="ImageSets/Segmentation"):
        read_voc(tmp_path, "train", 64)


@pytest.fixture
def pairs(tmp_path):
    folder = tmp_path / "natural" / "set"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    binary = np.zeros((60, 80), np.uint8)
    binary[10:30, 10:30] = 255
    binary[40:55, 50:75] = 255
    numbered = np.zeros((60, 80), np.uint8)
    numbered[10:30, 10:30] = 4
    numbered[40:55, 50:75] = 4
    for name, mask in (("binary", binary), ("numbered", numbered)):
        Image.fromarray(pixels).save(folder / "images" / f"{name}.jpg")
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    Image.fromarray(pixels).save(folder / "images" / "without_mask.jpg")
    return folder


def test_instances_stay_whole_and_binary_masks_are_split(pairs):
    assert len(read_pairs(pairs, 48)) == 2 + 1


def test_sets_are_found_in_a_folder_of_sets(pairs, voc):
    train, held_out = read_data([voc, pairs.parent], Recipe(cache=48))
    assert (len(train), len(held_out)) == (6 + 3, 3)
    assert train.source == "VOC2012 train: 2 pictures, 6 objects; set: 2 pictures, 3 objects"


def test_the_paper_holds_out_a_fifth_of_the_pictures(objects):
    train, held_out = split(objects, 0)
    assert len(train) + len(held_out) == len(objects)
    assert not set(train.picture.tolist()) & set(held_out.picture.tolist())
    assert len(set(held_out.picture.tolist())) == 1


def test_a_folder_with_nothing_to_train_on_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="neither a VOC devkit"):
        read_data([tmp_path], Recipe())


def test_augmentation_moves_picture_and_mask_alike(objects):
    images, masks = objects.take(torch.arange(len(objects)))
    marked = (masks[:, None] == 1).to(torch.uint8).expand(-1, 3, -1, -1) * 255
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        pictures, planes = augmented(marked, masks, Augmentation(oblique=0.5), generator)
        differ = (pictures[:, 0] > 127) != (planes == 1)
        assert differ.float().mean() < 0.01  # bilinear against nearest, along borders alone
    assert images.shape == pictures.shape


@pytest.mark.parametrize(
    "only",
    [
        Augmentation(flips=True, turns=False, oblique=0.0),
        Augmentation(flips=False, turns=True, oblique=0.0),
        Augmentation(flips=False, turns=False, oblique=1.0),
    ],
)
def test_each_augmentation_changes_pictures(objects, only):
    images, masks = objects.take(torch.arange(len(objects)))
    nothing = Augmentation(flips=False, turns=False, oblique=0.0)
    same, _ = augmented(images, masks, nothing, torch.Generator().manual_seed(0))
    assert torch.equal(same, images)
    changed, planes = augmented(images, masks, only, torch.Generator().manual_seed(0))
    assert not torch.equal(changed, images)
    assert (planes == 1).flatten(1).any(1).all()
    assert (planes == 0).flatten(1).any(1).all()


def test_resizing_keeps_range_and_values(objects):
    pictures, masks = resized(*objects.take(torch.arange(3)), 20)
    assert pictures.shape == (3, 3, 20, 20)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert set(masks.unique().tolist()) <= {0, 1, 255}
