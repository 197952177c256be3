"""The figures of the paper's tables, and what the bundled weights are worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from napari_deep_energy.training import table1, table2
from napari_deep_energy.training.accuracy import evaluate_table1
from napari_deep_energy.training.evaluation import HeldOut, mean_iou, nearest_seed, report
from napari_deep_energy.training.seed_generation import PAPER
from napari_deep_energy.training.speed import evaluate_table2
from napari_deep_energy.training.voc import read_voc
from PIL import Image
from skimage.segmentation import random_walker

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker, grey
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.problem import Problem

BUNDLED = ["segment", "segment_prior", "matte"]
TRAINED = [*BUNDLED, "segment_regions"]


@pytest.mark.parametrize("spec", [RandomWalker(), ClosedFormMatting()])
def test_no_answer_has_less_energy_than_the_optimum(objects, spec):
    held_out = HeldOut.build(objects.first(3), spec, 32)
    assert held_out.figures(held_out.optimum)["energy_ratio"] == pytest.approx(
        1, abs=1e-3
    )  # kept in float32
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        moved = held_out.optimum + 0.05 * torch.randn(held_out.optimum.shape, generator=generator)
        assert (held_out.energies(moved) > held_out.energy).all()


def test_the_optimum_is_that_of_scikit_image(objects):
    hard = RandomWalker(hard_seeds=True)
    held_out = HeldOut.build(objects.first(1), hard, 32)
    picture = grey(held_out.seen.image.double())[0, 0].numpy()
    labels = (held_out.seen.seeds[0, 0] + 2 * held_out.seen.seeds[0, 1]).numpy().astype(int)
    beta = hard.beta * 10 * picture.std()  # which scikit-image divides by again
    theirs = random_walker(picture, labels, beta=beta, mode="bf", return_full_prob=True)
    # Their floor of the affinities differs from ours.
    assert np.abs(held_out.optimum[0].numpy() - theirs).max() < 1e-3


def test_the_nearest_seed_decides_every_pixel():
    seeds = torch.zeros(1, 2, 5, 8)
    seeds[0, 0, 2, 1] = 1
    seeds[0, 1, 2, 6] = 1
    answer = nearest_seed(Problem(torch.zeros(1, 3, 5, 8), seeds))
    assert answer[0, 0, :, :4].all()
    assert answer[0, 1, :, 4:].all()
    assert (answer.sum(1) == 1).all()


def test_iou_is_the_mean_over_object_and_background():
    masks = torch.zeros(1, 4, 4, dtype=torch.uint8)
    masks[0, :2] = 1  # 8 of 16 pixels
    found = torch.zeros(1, 4, 4, dtype=torch.bool)
    found[0, 0] = True  # 4 of them
    assert float(mean_iou(found, masks)) == pytest.approx((4 / 8 + 8 / 12) / 2)


def test_iou_leaves_ignored_pixels_out():
    masks = torch.zeros(1, 4, 4, dtype=torch.uint8)
    masks[0, :2] = 1
    masks[0, 3] = 255
    found = masks == 1
    found[0, 3] = True
    assert float(mean_iou(found, masks)) == 1


@pytest.fixture(params=["photographs", "voc"])
def held_out_objects(request, objects):
    """Real held-out objects where they are at hand, and photographs everywhere."""
    if request.param == "photographs":
        return objects, 48
    devkit = request.getfixturevalue("shared_data") / "VOCdevkit"
    return read_voc(devkit, "val", 96).first(16), 96


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_weights_beat_chance_and_the_nearest_seed(name, held_out_objects):
    objects, size = held_out_objects
    checkpoint = Checkpoint.load(bundled(name))
    found = report(checkpoint, HeldOut.build(objects, checkpoint.spec, size, PAPER))
    assert found["energy_network"] < 0.02 * found["energy_random"]
    assert found["energy_network"] < 0.5 * found["energy_nearest_seed"]
    assert found["energy_network"] > found["energy_analytic"]


@pytest.mark.parametrize("name", TRAINED)
def test_bundled_weights_say_what_they_saw(name):
    said = Checkpoint.load(bundled(name)).training
    assert "VOC2012 train" in said["data"]
    assert said["samples"] > said["steps"] > 0
    assert said["device"]
    assert {"energy_network", "energy_analytic", "energy_random", "energy_nearest_seed",
            "iou_network", "iou_analytic"} <= set(said["held_out"])  # fmt: skip


def test_table_1_has_the_paper_s_figures(voc, tmp_path, recipe):
    paths = {}
    for task, spec in (("segment", RandomWalker()), ("matte", ClosedFormMatting())):
        network = type(recipe)(energy=spec).architecture.build().eval()
        paths[task] = tmp_path / f"{task}.safetensors"
        Checkpoint(network, spec).save(paths[task])
    figures = evaluate_table1(voc, size=32, count=2, pictures=tmp_path, **paths)
    for prefix in ("seg", "mat"):
        for name in ("energy_analytic", "energy_network", "energy_random", "energy_ratio",
                     "iou_analytic", "iou_network", "iou_gain"):  # fmt: skip
            assert np.isfinite(figures[f"{prefix}_{name}"])
            assert np.isfinite(figures[f"{prefix}_{name}_train"])
    expected = figures["seg_energy_network"] / figures["seg_energy_analytic"]
    assert figures["seg_energy_ratio"] == pytest.approx(expected)
    for task in paths:
        with Image.open(tmp_path / f"{task}.png") as montage:
            assert montage.size[0] > 6 * 32
    energy, iou = figures["seg_energy_network_train"], figures["mat_iou_gain"]
    text = table1(figures)
    assert any("segmentation | train" in row and f"{energy:.4g}" in row for row in text.split("\n"))
    assert any("matting | val" in row and f"{iou:.4g}" in row for row in text.split("\n"))


def test_table_2_times_both_engines_and_the_peers(voc):
    figures = evaluate_table2(voc, sizes=(32, 48), count=1)
    assert min(figures.values()) > 0
    assert figures["seg_48_speedup"] == pytest.approx(
        figures["seg_48_analytic"] / figures["seg_48_network"]
    )
    rows = table2(figures).splitlines()
    assert "skimage" in rows[2]
    assert [row.split(" | ")[:2] for row in rows[4:]] == [
        [f"| {task}", f"{size} x {size}"]
        for size in (32, 48)
        for task in ("segmentation", "matting")
    ]
    assert f"{1000 * figures['mat_48_network']:.4g}" in rows[-1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_table_2_of_the_gpu_alone_needs_one(voc):
    with pytest.raises(InvalidInput, match="no CUDA device"):
        evaluate_table2(voc, only_cuda=True)
