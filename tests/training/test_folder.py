"""A folder of a user's own pictures, and fine-tuning on it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import torch
from napari_deep_energy.training import InvalidFolder, Recipe, finetune
from napari_deep_energy.training.folder import crops, planes, read_folder, to_rgb
from napari_deep_energy.training.objects import Selection
from napari_deep_energy.training.recipe import Optimiser, Stage
from napari_deep_energy.training.runs import starting_point
from skimage import data

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import Checkpoint


@pytest.fixture
def folder(tmp_path):
    """Pictures of every sort, and files that are none."""
    cells = data.coins()[:200, :300]
    rgb = data.astronaut()[:180, :220]
    iio.imwrite(tmp_path / "a_grey.png", cells)
    iio.imwrite(tmp_path / "b_rgb.jpg", rgb)
    tifffile.imwrite(tmp_path / "c_16bit.tif", cells.astype(np.uint16) * 16)
    tifffile.imwrite(tmp_path / "d_float.tif", cells.astype(np.float32) / 7)
    stack = np.stack([cells[:150, :150]] * 3)
    tifffile.imwrite(tmp_path / "e_stack.tif", stack, photometric="minisblack")
    (tmp_path / "f_broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing else")
    (tmp_path / "g_notes.txt").write_text("no picture")
    iio.imwrite(tmp_path / "h_small.png", cells[:8, :8])
    nan = cells.astype(np.float32)
    nan[0, 0] = np.nan
    tifffile.imwrite(tmp_path / "i_nan.tif", nan)
    (tmp_path / "sub").mkdir()
    return tmp_path


def test_every_kind_of_picture_is_read(folder):
    found = read_folder(folder, 64, Selection())
    count = len(found.train.images) + len(found.held_out.images)
    # Four crops of four pictures and of three planes; some crop may have no region.
    assert 7 * 4 - 6 <= count <= 7 * 4
    assert found.train.images.shape[1:] == (3, 64, 64)


def test_crops_of_a_held_out_file_are_not_trained_on(tmp_path):
    for number in range(5):  # each file in a colour of its own
        picture = data.coins()[:200, :200] // 8 + 40 * number
        iio.imwrite(tmp_path / f"{number}.png", picture.astype(np.uint8))
    found = read_folder(tmp_path, 64, Selection())
    files = [
        {round(float(image.float().mean()) / 40) for image in part.images}
        for part in (found.train, found.held_out)
    ]
    assert len(files[1]) == 1
    assert len(files[0]) == 4
    assert not files[0] & files[1]


def test_one_stack_is_enough(tmp_path):
    stack = np.stack([data.coins()[:200, :200]] * 3)
    tifffile.imwrite(tmp_path / "stack.tif", stack, photometric="minisblack")
    found = read_folder(tmp_path, 64, Selection())
    assert len(found.train) > len(found.held_out) > 0


def test_what_cannot_be_used_is_listed_with_the_reason(folder):
    skipped = dict(line.split(": ", 1) for line in read_folder(folder, 64, Selection()).skipped)
    assert sorted(skipped) == ["f_broken.png", "g_notes.txt", "h_small.png", "i_nan.tif"]
    assert "8 x 8" in skipped["h_small.png"]
    assert "NaN" in skipped["i_nan.tif"]


def test_a_folder_without_pictures_says_why(tmp_path):
    with pytest.raises(InvalidFolder, match="too few"):
        read_folder(tmp_path, 64, Selection())
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InvalidFolder, match=r"notes\.txt: not a PNG"):
        read_folder(tmp_path, 64, Selection())
    with pytest.raises(InvalidFolder, match="there is no folder"):
        read_folder(tmp_path / "missing", 64, Selection())


def test_sixteen_bits_look_as_eight():
    coins = data.coins()
    eight, sixteen = to_rgb(coins, "coins"), to_rgb(coins.astype(np.uint16) * 100, "coins")
    # 16-bit data is stretched to its own percentiles.
    assert np.corrcoef(eight.ravel(), sixteen.ravel())[0, 1] > 0.99
    assert sixteen.max() == 255


@pytest.mark.parametrize(
    ("shape", "count", "one"),
    [
        ((40, 50), 1, (40, 50)),
        ((40, 50, 3), 1, (40, 50, 3)),
        ((1, 40, 50), 1, (40, 50)),
        ((6, 40, 50), 6, (40, 50)),
        ((2, 3, 40, 50), 6, (40, 50)),
        ((5, 40, 50, 3), 5, (40, 50, 3)),
        ((100, 40, 50), 16, (40, 50)),
    ],
)
def test_stacks_are_taken_plane_by_plane(shape, count, one):
    found = planes(np.zeros(shape))
    assert len(found) == count
    assert found[0].shape == one


def test_crops_reach_from_native_resolution_to_the_whole():
    picture = np.zeros((256, 300, 3), np.uint8)
    picture[:, ::2] = 255  # stripes survive at native resolution and average to grey in the whole
    contrast = [
        np.asarray(crop, float).std() for crop in crops(picture, 64, np.random.default_rng(0))
    ]
    assert contrast[0] > 120
    assert contrast[-1] < 40


@pytest.fixture
def tiny(tmp_path_factory):
    """A recipe of a few steps and a checkpoint to start from."""
    recipe = Recipe(
        stages=(Stage(6, (32,), 4 * 32 * 32),),
        optimiser=Optimiser(3e-3, "cosine"),
        measure_every=3,
        held_out=2,
        held_out_size=32,
        cache=48,
    )
    path = tmp_path_factory.mktemp("start") / "start.safetensors"
    Checkpoint(recipe.architecture.build(), recipe.energy, {"data": "before"}).save(path)
    return recipe, path


def test_finetuning_ends_with_a_checkpoint_that_is_no_worse(folder, tiny):
    recipe, start = tiny
    items = list(finetune(folder, recipe, start=start))
    assert items[-1].best_ratio <= items[0].first_ratio
    trained = Checkpoint.load(items[-1].checkpoint)
    assert trained.spec == recipe.energy
    assert "unlabelled" in trained.training["data"]
    assert trained.training["started_from"] == {"data": "before"}
    assert len(items[-1].skipped) == 4


def test_finetuning_starts_from_the_given_weights(folder, tiny):
    recipe, start = tiny
    first = next(finetune(folder, recipe, start=start))
    assert first.step == 0
    kept, given = Checkpoint.load(first.checkpoint), Checkpoint.load(start)
    other = given.network.state_dict()
    assert all(torch.equal(v, other[k]) for k, v in kept.network.state_dict().items())


def test_finetuning_stops_when_told_and_keeps_the_best(folder, tiny):
    recipe, start = tiny
    asked = itertools.count()
    last = list(finetune(folder, recipe, lambda: next(asked) >= 2, start=start))[-1]
    assert last.step == 2
    assert last.checkpoint.is_file()


def test_finetuning_twice_does_not_mix_the_runs(folder, tiny, tmp_path):
    recipe, start = tiny
    runs = [list(finetune(folder, recipe, start=start, out=tmp_path / n))[-1] for n in "xy"]
    assert runs[0].loss == runs[1].loss
    assert runs[0].checkpoint != runs[1].checkpoint


def test_a_matte_can_start_from_a_segmentation(tiny):
    recipe, start = tiny
    matte = replace(recipe, energy=ClosedFormMatting())
    network = starting_point(start, matte).network.eval()
    segment = Checkpoint.load(start).network
    inputs = torch.rand(1, 5, 32, 32)
    with torch.inference_mode():
        alpha, probability = network(inputs)[0, 0], segment(inputs)[0, 0]
    agree = ((alpha > 0.5) == (probability > 0.5)).float().mean()
    assert float(agree) > 0.999  # the order is the same up to rounding


def test_a_segmentation_cannot_start_from_a_matte(tiny, tmp_path):
    recipe, _ = tiny
    matte = replace(recipe, energy=ClosedFormMatting())
    path = tmp_path / "matte.safetensors"
    Checkpoint(matte.architecture.build(), matte.energy).save(path)
    with pytest.raises(InvalidInput, match="does not fit"):
        starting_point(path, replace(recipe, energy=RandomWalker()))
