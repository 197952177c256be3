"""A run of training: progress, measurements, the checkpoint that is kept, going on after a kill."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import pytest
import torch
from napari_deep_energy.training import fit as fitting
from napari_deep_energy.training.batches import batch_of, sample
from napari_deep_energy.training.fit import fit, learning_rate
from napari_deep_energy.training.recipe import Optimiser, Stage

from napari_deep_energy.errors import Diverged, InvalidInput
from napari_deep_energy.networks import Checkpoint


def weights(path):
    return Checkpoint.load(path).network.state_dict()


def test_training_lowers_the_energy(objects, recipe, held_out, tmp_path):
    longer = replace(
        recipe,
        stages=(Stage(40, (32,), 4 * 32 * 32),),
        measure_every=20,
        optimiser=Optimiser(5e-3, "cosine", warmup=5),
    )
    last = list(fit(longer, objects, held_out, tmp_path))[-1]
    assert last.best_ratio < 0.5 * last.first_ratio


def test_progress_counts_steps_and_samples_and_ends_with_a_checkpoint(
    objects, recipe, held_out, tmp_path
):
    items = list(fit(recipe, objects, held_out, tmp_path))
    assert [p.step for p in items] == list(range(9))
    # Four pictures a step of 24 x 24; with room for 32 x 32 it is seven of the smaller.
    assert [p.samples for p in items] == [0, 4, 8, 12, 16, 23, 27, 34, 38]
    assert math.isnan(items[0].loss)
    assert items[-1].checkpoint == tmp_path / "segment.safetensors"
    assert items[-1].preview.shape == (32, 32)


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_run_that_was_killed_ends_where_it_would_have_ended(
    objects, recipe, held_out, tmp_path, average
):
    recipe = replace(recipe, optimiser=replace(recipe.optimiser, average=average))
    whole = list(fit(recipe, objects, held_out, tmp_path / "whole"))
    for progress in fit(recipe, objects, held_out, tmp_path / "killed"):
        if progress.step == 6:  # two steps after the state was saved
            break
    resumed = list(fit(recipe, objects, held_out, tmp_path / "killed"))
    assert resumed[0].step == 4
    assert [p.loss for p in resumed[1:]] == [p.loss for p in whole[5:]]
    whole_weights, resumed_weights = (
        weights(tmp_path / run / "segment.safetensors") for run in ("whole", "killed")
    )
    assert all(torch.equal(whole_weights[k], resumed_weights[k]) for k in whole_weights)
    logs = [(tmp_path / run / "log.csv").read_text() for run in ("whole", "killed")]
    assert logs[0] == logs[1]


def test_a_finished_run_is_not_trained_further(objects, recipe, held_out, tmp_path):
    list(fit(recipe, objects, held_out, tmp_path))
    assert [p.step for p in fit(recipe, objects, held_out, tmp_path)] == [recipe.steps]


def test_a_folder_with_another_recipe_is_refused(objects, recipe, held_out, tmp_path):
    list(fit(recipe, objects, held_out, tmp_path))
    with pytest.raises(InvalidInput, match="another recipe"):
        next(fit(replace(recipe, seed=5), objects, held_out, tmp_path))


def test_stop_ends_the_run_and_keeps_the_best(objects, recipe, held_out, tmp_path):
    stop = iter([False] * 6 + [True])
    items = list(fit(recipe, objects, held_out, tmp_path, lambda: next(stop)))
    assert items[-1].step == 6
    assert items[-1].checkpoint.is_file()
    # What was learnt since the last measurement is not thrown away.
    assert "6," in (tmp_path / "log.csv").read_text().splitlines()[-1]


def test_the_checkpoint_is_the_network_with_the_lowest_held_out_energy(
    objects, recipe, held_out, tmp_path
):
    # A learning rate at which the energy rises: the starting weights must be kept.
    wild = replace(recipe, optimiser=Optimiser(1e-2, "cosine"))
    start = Checkpoint(wild.architecture.build(), wild.energy)
    list(fit(wild, objects, held_out, tmp_path / "good", start=start))
    good = Checkpoint.load(tmp_path / "good" / "segment.safetensors")
    wild = replace(recipe, optimiser=Optimiser(10.0, "cosine"))
    last = list(fit(wild, objects, held_out, tmp_path / "wild", start=good))[-1]
    kept = Checkpoint.load(last.checkpoint)
    assert last.best_ratio == last.first_ratio < last.ratio
    answer = held_out.answer(kept.network)
    assert held_out.figures(answer)["energy_ratio"] == pytest.approx(last.best_ratio, 1e-6)


def test_a_loss_that_is_not_finite_is_named(objects, recipe, held_out, tmp_path, monkeypatch):
    def poisoned(recipe, objects, step, position):
        batch = batch_of(recipe, objects, step, position)
        if step == 3:
            batch.seen.image[0, 0, 0, 0] = math.nan
        return batch

    monkeypatch.setattr(fitting, "batch_of", poisoned)
    with pytest.raises(Diverged, match=r"loss is nan at step 3, size 24, objects \["):
        list(fit(recipe, objects, held_out, tmp_path))


def test_the_log_has_a_line_a_measurement(objects, recipe, held_out, tmp_path):
    last = list(fit(recipe, objects, held_out, tmp_path))[-1]
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 4, 8]
    assert float(rows[-1]["ratio"]) == pytest.approx(last.ratio, rel=1e-5)


def test_the_checkpoint_says_what_it_saw(objects, recipe, held_out, tmp_path):
    list(fit(recipe, objects, held_out, tmp_path))
    said = Checkpoint.load(tmp_path / "segment.safetensors").training
    assert said["data"] == "photographs: 4 pictures, 8 objects"
    assert said["device"] == "cpu"
    assert said["recipe"]["stages"][1]["sizes"] == [24, 32]
    assert said["started_from"] == "random weights"
    assert {"steps", "samples", "date", "held_out"} <= set(said)


def test_a_pass_shows_every_object_once():
    seen = torch.cat([sample(10, position, 4, seed=0) for position in range(0, 20, 4)])
    assert sorted(seen[:10].tolist()) == list(range(10))
    assert sorted(seen[10:].tolist()) == list(range(10))
    assert seen[:10].tolist() != seen[10:].tolist()


def test_the_exponential_schedule_decays_every_ten_epochs(recipe):
    paper = replace(recipe, optimiser=Optimiser())
    rates = [learning_rate(paper, 0, epoch) for epoch in (0, 9, 10, 25)]
    assert rates == pytest.approx([3e-4, 3e-4, 3e-4 * 0.96, 3e-4 * 0.96**2])


def test_the_cosine_schedule_warms_up_and_ends_near_zero(recipe):
    chosen = replace(recipe, optimiser=Optimiser(1.0, "cosine", warmup=4))
    rates = [learning_rate(chosen, step, 0) for step in range(recipe.steps)]
    assert rates[0] == pytest.approx(0.25)
    assert max(rates) < 1
    assert rates[-1] < 0.05


def test_clipping_limits_the_gradient(objects, recipe, tmp_path):
    norms = {}
    for clip in (0.0, 1e-6):
        chosen = replace(recipe, stages=(Stage(1, (24,), 2304),), optimiser=Optimiser(clip=clip))
        run = fitting.RunState.open(tmp_path / str(clip), chosen, objects)
        fitting.update(chosen, batch_of(chosen, objects, 0, 0), run)
        norms[clip] = float(sum(p.grad.square().sum() for p in run.network.parameters())) ** 0.5
    assert norms[1e-6] == pytest.approx(1e-6, rel=1e-3)
    assert norms[0.0] > 1e-3


def test_the_average_follows_the_trained_weights_and_is_what_is_kept(objects, recipe, tmp_path):
    chosen = replace(recipe, optimiser=Optimiser(1e-2, average=0.5))
    run = fitting.RunState.open(tmp_path, chosen, objects)
    name, expected = "output.bias", run.network.output.bias.detach().clone()
    for step in range(6):
        fitting.update(chosen, batch_of(chosen, objects, step, 4 * step), run)
        share = min(0.5, (step + 1) / (step + 10))
        expected = share * expected + (1 - share) * run.network.output.bias.detach()
        run.step += 1
    torch.testing.assert_close(run.kept.state_dict()[name], expected)
    assert not torch.equal(run.network.state_dict()[name], expected)


def test_without_an_average_the_trained_network_is_kept(objects, recipe, tmp_path):
    run = fitting.RunState.open(tmp_path, recipe, objects)
    assert run.kept is run.network


def test_a_run_may_be_measured_after_steps_down_the_energy(objects, recipe, held_out, tmp_path):
    first = [
        next(fit(replace(recipe, held_out_steps=steps), objects, held_out, tmp_path / str(steps)))
        for steps in (0, 20)
    ]
    assert 1 <= first[1].ratio < 0.1 * first[0].ratio
