"""Simulated users, drawn pictures, and the network that learns from both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from napari_deep_energy.training import ObjectRecipe, train_object_prior
from napari_deep_energy.training.alike import APART, alike
from napari_deep_energy.training.episodes import Episodes, Habits, window
from napari_deep_energy.training.object_prior import loss_of, object_iou, pace
from napari_deep_energy.training.objects import IGNORED, OBJECT
from napari_deep_energy.training.simulated_user import click_within

from napari_deep_energy.energy.object_network import load_network, metadata_of
from napari_deep_energy.errors import Diverged

RECIPE = ObjectRecipe(steps=3, batch=2, side=56, warmup=1)


def users_of(objects, **habits):
    return Episodes(objects, 2, 56, replace(Habits(), **habits), 0, 0.01)


def test_things_alike_stand_out_from_their_ground():
    for seed in range(5):
        picture, mask = alike(np.random.default_rng(seed))
        assert picture.shape == (*mask.shape, 3)
        assert picture.dtype == mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 1}
        inside, ground = (picture[mask == value].mean(0) for value in (1, 0))
        assert np.abs(inside - ground).max() > APART / 3  # there are others, light and noise


def test_the_same_seed_draws_the_same():
    first, second = (alike(np.random.default_rng(3))[0] for _ in range(2))
    assert (first == second).all()


def test_users_correct_what_is_wrong_and_leave_when_nothing_is(objects):
    group = users_of(objects, astray=0, alike=0, ended=1e-6)
    _, truth = group.batch()
    before = [user.labels.copy() for user in group.users]
    right = (truth[:, 0] == OBJECT).numpy()
    wrong = right.copy()
    wrong[0] = False  # the first user's object was missed
    group.answer(wrong)
    first, second = group.users
    added = (first.labels != 0) & (before[0] == 0)
    assert added.any()
    assert (first.labels[added] == 1).all()
    assert (first.mask[added] == OBJECT).all()
    assert second.labels.sum() != before[1].sum() or (second.mask != truth[1, 0].numpy()).any()


def test_what_is_seen_fits_the_truth(objects):
    seen, truth = users_of(objects).batch()
    assert seen.shape == (2, 11, 48, 64)
    assert truth.shape == (2, 1, 48, 64)
    painted = seen[:, 9:]
    for place, wrong in ((0, 0), (1, OBJECT)):  # the first class is the object
        assert (painted[:, place] > 0).any()
        assert not (painted[:, place][truth[:, 0] == wrong] > 0).any()


def test_together_all_objects_of_a_picture_are_wanted(objects):
    group = users_of(objects, together=1.0)
    _, mask = group.photograph()
    shares = [(each == OBJECT).float().mean().item() for each in objects.masks]
    assert (mask == OBJECT).mean() == pytest.approx(sum(shares[:2]), rel=1e-3)


def test_a_window_shows_some_of_the_object():
    mask = np.zeros((60, 60), np.uint8)
    mask[50:55, 5:9] = OBJECT
    for seed in range(10):
        image, part = window(np.dstack([mask] * 3), mask, (32, 48), np.random.default_rng(seed))
        assert image.shape == (32, 48, 3)
        assert (part == OBJECT).any()


def test_clicks_within_go_to_errors_only():
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = OBJECT
    mask[:5] = IGNORED
    answer = np.zeros(mask.shape, bool)
    answer[:, :5] = True
    labels = np.zeros(mask.shape, np.int64)
    for seed in range(8):
        new = click_within(mask, answer, labels, np.random.default_rng(seed))
        row, column = np.argwhere(new)[len(np.argwhere(new)) // 2]
        assert new[row, column] == (1 if mask[row, column] == OBJECT else 2)
        assert mask[row, column] != IGNORED
    right = mask == OBJECT
    assert (click_within(mask, right, labels, np.random.default_rng(0)) == 0).all()


def test_what_is_unknown_costs_nothing():
    truth = torch.tensor([1, 0, 255], dtype=torch.uint8).view(1, 1, 1, 3)
    found = torch.tensor([30.0, -30.0, 30.0]).view(1, 1, 1, 3)
    assert loss_of(found, truth, 0.5) == pytest.approx(0, abs=1e-6)
    assert loss_of(-found, truth, 0.0) == pytest.approx(30, rel=1e-3)
    assert object_iou(found, truth) == 1
    assert object_iou(-found, truth) == 0


def test_the_pace_rises_and_falls():
    recipe = ObjectRecipe(steps=100, warmup=10)
    paces = [pace(step, recipe) for step in range(100)]
    assert paces[0] < paces[9] > paces[50] > paces[99] > 0


def test_a_run_leaves_a_network_that_tells_of_itself(objects, tmp_path):
    path = tmp_path / "run" / "objects.safetensors"
    steps = list(train_object_prior(RECIPE, objects, path))
    assert [step.step for step in steps] == [1, 2, 3]
    assert all(np.isfinite([s.loss, s.iou, s.iou_strokes]).all() for s in steps)
    about = metadata_of(path)
    assert about["steps"] == 3
    assert about["data"] == objects.source
    network = load_network(path)
    out = network(torch.zeros(1, 11, 32, 48))
    assert out.shape == (1, 2, 32, 48)
    assert torch.isfinite(out).all()


def test_only_so_many_pictures_are_learnt_from(objects, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "napari_deep_energy.training.object_prior.Episodes",
        lambda given, *rest: seen.append(given) or Episodes(given, *rest),
    )
    recipe = replace(RECIPE, steps=1, pictures=1)
    list(train_object_prior(recipe, objects, tmp_path / "objects.safetensors"))
    assert len(objects.picture.unique()) > len(seen[0].picture.unique()) == 1


def test_it_stops_when_told_and_keeps_what_it_is(objects, tmp_path):
    path = tmp_path / "objects.safetensors"
    assert list(train_object_prior(RECIPE, objects, path, stop=lambda: True)) == []
    assert metadata_of(path)["steps"] == 0


def test_a_loss_that_is_not_finite_ends_the_run(objects, tmp_path):
    recipe = replace(RECIPE, steps=20, learning_rate=float("inf"))
    with pytest.raises(Diverged, match="learning rate"):
        list(train_object_prior(recipe, objects, tmp_path / "objects.safetensors"))
