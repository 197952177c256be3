"""Fused training: the energy, and a supervised term on the pictures that are labelled."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from napari_deep_energy.training import finetune
from napari_deep_energy.training.batches import batch_of
from napari_deep_energy.training.data import split
from napari_deep_energy.training.fit import distance, fit
from napari_deep_energy.training.recipe import Optimiser, Recipe, Stage
from napari_deep_energy.training.run_state import RunState

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import Checkpoint


def labelled(recipe: Recipe, objects, pictures: int) -> set[int]:
    """Pictures whose masks count."""
    chosen = replace(recipe, labelled_weight=1.0, labelled_pictures=pictures)
    batch = batch_of(chosen, objects, 0, 0)
    for step in range(1, 6):
        more = batch_of(chosen, objects, step, 4 * step)
        index, is_labelled = (
            torch.cat(pair)
            for pair in ((batch.index, more.index), (batch.is_labelled, more.is_labelled))
        )
        batch = replace(more, index=index, is_labelled=is_labelled)
    return set(objects.picture[batch.index[batch.is_labelled]].tolist())


def test_more_labelled_pictures_are_the_same_ones_and_more(objects, recipe):
    found = [labelled(recipe, objects, count) for count in (0, 1, 3, 100)]
    assert [len(pictures) for pictures in found] == [0, 1, 3, 4]
    assert found[0] < found[1] < found[2] < found[3]


def test_the_paper_looks_at_no_mask(objects, recipe):
    assert Recipe.load("paper_segment").labelled_weight == 0
    assert not batch_of(recipe, objects, 0, 0).is_labelled.any()


def test_none_of_the_labelled_pictures_is_held_out(objects):
    train, held_out = split(objects, seed=0)
    for count in range(1, 4):
        chosen = train.labelled(count, seed=0)
        assert chosen.sum() == min(count, len(train.picture.unique()))
        assert not chosen[held_out.picture].any()


def test_the_supervised_term_counts_labelled_pictures_and_known_pixels_alone(objects, recipe):
    batch = batch_of(replace(recipe, labelled_weight=1.0), objects, 0, 0)
    masks = batch.masks.clone()
    masks[0] = 1
    masks[0, :2] = 255
    is_labelled = torch.tensor([True, False, False, False])
    x = torch.zeros(4, 2, 24, 24)
    x[:, 1] = 1  # all is background, which is wrong at every pixel of the first mask
    found = distance(x, replace(batch, masks=masks, is_labelled=is_labelled))
    assert found == 2 * 22 * 24
    assert distance(x[:, :1], replace(batch, masks=masks, is_labelled=is_labelled)) == 22 * 24


def test_labels_bring_the_network_nearer_to_the_masks(objects, recipe, held_out, tmp_path):
    gains = []
    for weight in (0.0, 1.0):
        chosen = replace(
            recipe,
            stages=(Stage(60, (32,), 4 * 32 * 32),),
            optimiser=Optimiser(5e-3, "cosine", warmup=5),
            measure_every=60,
            labelled_weight=weight,
        )
        gains.append(list(fit(chosen, objects, held_out, tmp_path / str(weight)))[-1].iou_gain)
    assert gains[1] > gains[0] + 0.03


def test_the_number_of_labelled_pictures_is_for_recipes_that_learn_from_masks():
    fused = Recipe.load("fused_segment")
    assert fused.labelled_by(100) == replace(fused, labelled_pictures=100)
    with pytest.raises(InvalidInput, match="cpu_segment learns from no mask"):
        Recipe.load("cpu_segment").labelled_by(100)


@pytest.mark.parametrize(("weight", "kept"), [(0.0, 0), (0.1, 1)])
def test_with_labels_the_last_network_is_kept_whatever_its_energy(
    objects, recipe, tmp_path, weight, kept
):
    run = RunState.open(tmp_path, replace(recipe, labelled_weight=weight), objects, None)
    for run.step, ratio in enumerate((2.0, 3.0, math.nan)):
        run.record({"energy_ratio": ratio, "iou_gain": 0.0}, loss=1.0)
    assert Checkpoint.load(run.best_path).training["steps"] == kept


def test_regions_that_were_found_in_bare_pictures_are_no_labels(recipe):
    with pytest.raises(InvalidInput, match="labelled_weight"):
        next(finetune(Path(), replace(recipe, labelled_weight=0.1)))
