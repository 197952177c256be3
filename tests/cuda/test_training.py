"""Training runs on a GPU, in bfloat16 too, and goes on there where it was interrupted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from napari_deep_energy.training.device import fit_somewhere
from napari_deep_energy.training.evaluation import HeldOut
from napari_deep_energy.training.objects import Objects, Selection, collect
from napari_deep_energy.training.recipe import Optimiser, Recipe, Stage
from PIL import Image
from skimage import data

from napari_deep_energy.energy import COLOUR, ClosedFormMatting
from napari_deep_energy.networks import Checkpoint
from napari_deep_energy.stopping import never

RECIPE = Recipe(
    stages=(Stage(60, (32, 48), 16 * 32 * 32),),
    optimiser=Optimiser(5e-3, "cosine", warmup=5),
    measure_every=20, held_out=2, held_out_size=32, cache=48,
)  # fmt: skip


@pytest.fixture(scope="module")
def objects() -> Objects:
    """A disk on each of four photographs."""
    rows, columns = np.mgrid[:96, :96]
    disk = ((rows - 40) ** 2 + (columns - 36) ** 2 < 400).astype(np.int32)
    wholes = (data.astronaut(), data.chelsea(), data.coffee(), data.rocket())
    pairs = [(Image.fromarray(whole).resize((96, 96)), disk) for whole in wholes]
    return collect(pairs, "photographs", 48, Selection())


def run(recipe: Recipe, objects: Objects, folder, stop=never):
    """All progress of a run, which must not have failed over to the CPU."""
    held_out = HeldOut.build(objects.first(2), recipe.energy, 32)
    items = list(fit_somewhere(recipe, objects, held_out, folder, stop, None))
    assert not any(item.notice for item in items)
    return items


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "energy", [Recipe().energy, ClosedFormMatting(), replace(COLOUR, objects=False)]
)
def test_it_lowers_the_energy(objects, tmp_path, precision, energy):
    recipe = replace(RECIPE, precision=precision, energy=energy)
    last = run(recipe, objects, tmp_path)[-1]
    assert last.best_ratio < last.first_ratio
    assert torch.cuda.max_memory_allocated() > 0


def test_hidden_strokes_and_an_average(objects, tmp_path):
    optimiser = replace(RECIPE.optimiser, average=0.9)
    recipe = replace(RECIPE, hidden=3, optimiser=optimiser)
    made = Checkpoint.load(run(recipe, objects, tmp_path)[-1].checkpoint)
    assert made.training["device"] == torch.cuda.get_device_name()


def test_a_run_goes_on_where_it_was_stopped(objects, tmp_path):
    polls = iter(range(100))
    stopped = run(RECIPE, objects, tmp_path, stop=lambda: next(polls) > 30)[-1]
    assert 20 < stopped.step < 60
    resumed = run(RECIPE, objects, tmp_path)
    assert resumed[0].step >= 20
    assert resumed[-1].step == 60
