"""The energy counts more strokes than the network sees: what a few would say of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from napari_deep_energy.training import Recipe, finetune
from napari_deep_energy.training.batches import batch_of
from napari_deep_energy.training.evaluation import REFINEMENTS, HeldOut
from napari_deep_energy.training.fit import update
from napari_deep_energy.training.inputs import inputs_of
from napari_deep_energy.training.recipe import Stage
from napari_deep_energy.training.run_state import RunState
from PIL import Image
from skimage import data

from napari_deep_energy.energy import COLOUR, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.minimisers import NetworkMinimiser
from napari_deep_energy.minimisers.network import STEPS
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.networks.checkpoint import MOST_OF_A_FILE


@pytest.fixture
def hidden(recipe):
    return replace(recipe, hidden=2)


def test_what_is_counted_is_what_is_seen_and_more_of_the_same_regions(objects, hidden):
    batch = batch_of(hidden, objects, 0, 0)
    seen, counted = batch.seen.seeds, batch.counted.seeds
    assert (counted >= seen).all()
    assert counted.sum() > 1.5 * seen.sum()
    for place, value in enumerate((1, 0)):
        assert (batch.masks[counted[:, place] > 0] == value).all()
    assert batch.counted.image is batch.seen.image


def test_without_it_all_that_counts_is_seen(objects, recipe):
    batch = batch_of(recipe, objects, 0, 0)
    assert torch.equal(batch.seen.seeds, batch.counted.seeds)


def test_ranks_share_both(objects, hidden):
    batch = batch_of(hidden, objects, 0, 0)
    mine = batch.share(1, 2)
    assert torch.equal(mine.seen.seeds, batch.seen.seeds[1::2])
    assert torch.equal(mine.counted.seeds, batch.counted.seeds[1::2])


@pytest.mark.parametrize("energy", [RandomWalker(), COLOUR])
def test_the_loss_is_the_energy_of_all_strokes_after_a_look_at_a_few(
    objects, hidden, energy, tmp_path
):
    hidden = replace(hidden, energy=energy)
    batch = batch_of(hidden, objects, 0, 0)
    run = RunState.open(tmp_path, hidden, objects, None)
    seen = energy.energy(batch.seen)
    with torch.no_grad():
        x = run.network.train()(inputs_of(batch.seen, seen, hidden.architecture)).float()
    expected = float(energy.energy(batch.counted)(x).mean())
    assert update(hidden, batch, run) == pytest.approx(expected, rel=1e-4)


def test_steps_in_the_loss_would_tell_what_is_hidden(hidden):
    with pytest.raises(InvalidInput, match="hidden strokes and descents"):
        replace(hidden, stages=(Stage(2, (32,), 32 * 32, (0, 4)),))


def test_a_network_held_out_sees_the_few_and_is_lowered_by_them(objects):
    held_out = HeldOut.build(objects.first(2), COLOUR, 32, hidden=3)
    assert (held_out.counted.seeds > held_out.seen.seeds).any()
    exact = HeldOut.build(objects.first(2), COLOUR, 32).optimum  # the same first strokes
    even = torch.full_like(exact, 0.5)
    torch.testing.assert_close(held_out.lowered(even, 200).float(), exact, atol=1e-3, rtol=0)
    assert (held_out.energies(exact) > held_out.energy).all()


@pytest.mark.parametrize(("better", "steps"), [("few", REFINEMENTS[-1]), ("all", 0)])
def test_steps_follow_only_as_far_as_they_help(objects, better, steps):
    held_out = HeldOut.build(objects.first(2), COLOUR, 32, hidden=3)
    # An answer that knows the hidden strokes only loses by steps that do not.
    answer = held_out.optimum if better == "all" else torch.full_like(held_out.optimum, 0.5)
    found, lowered = held_out.best_lowered(answer)
    assert found == steps
    torch.testing.assert_close(lowered, held_out.lowered(answer, steps).float())


def test_finetuning_keeps_the_steps_that_suit_its_network(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        picture = data.coins()[40 * number : 40 * number + 100, :140]
        Image.fromarray(picture).save(folder / f"{number}.png")
    recipe = replace(
        Recipe.load("finetune_segment"),
        stages=(Stage(2, (32,), 4 * 32 * 32),),
        held_out=2,
        held_out_size=32,
        cache=48,
    )
    assert recipe.hidden
    last = list(finetune(folder, recipe, out=tmp_path / "run"))[-1]
    found = Checkpoint.load(last.checkpoint)
    assert found.training["started_from"] == Checkpoint.load(bundled(recipe.start)).training
    assert found.refine in REFINEMENTS
    assert NetworkMinimiser(found).steps == found.refine
    assert NetworkMinimiser(found, steps=7).steps == 7


@pytest.mark.parametrize("said", [None, True, -1, MOST_OF_A_FILE + 1, "many", 3.5])
def test_a_file_that_says_no_such_number_has_the_steps_of_its_task(said):
    given = Checkpoint.load(bundled("segment"))
    found = replace(given, training={"refine": said})
    assert found.refine is None
    assert NetworkMinimiser(found).steps == STEPS["segment"]
