"""A GPU gives the answers that the CPU gives, by every engine and energy."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy.api import matte, segment
from napari_deep_energy.interactive import InteractiveSolver, make_spec

ENERGIES = [
    {"energy": "paper"},
    {"energy": "paper", "hard_seeds": True},
    {"energy": "colour", "objects": False},
    {"energy": "colour"},
]


def both(function, *arrays, **options):
    """The same on the CPU and on the GPU; the GPU must not have failed over to the CPU."""
    on_cpu, on_gpu = (function(*arrays, device=name, **options) for name in ("cpu", "cuda"))
    assert on_cpu.device == "cpu"
    assert on_gpu.device.startswith("cuda")
    return on_cpu, on_gpu


@pytest.mark.parametrize("options", ENERGIES, ids=lambda options: "-".join(map(str, options)))
@pytest.mark.parametrize("classes", [2, 3])
def test_exact_segmentation(photograph, strokes, options, classes):
    seeds = np.where(strokes > classes, 0, strokes)
    on_cpu, on_gpu = both(segment, photograph, seeds, engine="analytic", **options)
    assert np.abs(on_cpu.probabilities - on_gpu.probabilities).max() < 1e-3
    assert (on_cpu.labels != on_gpu.labels).mean() < 1e-3
    assert on_gpu.energy == pytest.approx(on_cpu.energy, rel=1e-3)


@pytest.mark.parametrize("options", ENERGIES, ids=lambda options: "-".join(map(str, options)))
def test_the_networks_segmentation(photograph, strokes, options):
    on_cpu, on_gpu = both(segment, photograph, strokes, engine="network", **options)
    assert np.abs(on_cpu.probabilities - on_gpu.probabilities).mean() < 1e-3


@pytest.mark.parametrize("hard_seeds", [False, True])
def test_exact_mattes(photograph, strokes, hard_seeds):
    seeds = np.where(strokes == 3, 0, strokes)
    on_cpu, on_gpu = both(matte, photograph, seeds, engine="analytic", hard_seeds=hard_seeds)
    assert np.abs(on_cpu.alpha - on_gpu.alpha).max() < 1e-3


def test_a_matte_from_a_trimap(photograph, strokes):
    trimap = np.full(strokes.shape, 128, np.uint8)
    trimap[30:60, 50:90], trimap[:10], trimap[100:] = 255, 0, 0
    on_cpu, on_gpu = both(matte, photograph, trimap=trimap, engine="analytic")
    assert np.abs(on_cpu.alpha - on_gpu.alpha).max() < 1e-3


def test_the_networks_matte(photograph, strokes):
    seeds = np.where(strokes == 3, 0, strokes)
    on_cpu, on_gpu = both(matte, photograph, seeds, engine="network")
    assert np.abs(on_cpu.alpha - on_gpu.alpha).mean() < 1e-3


@pytest.mark.parametrize("task", ["segment", "matte"])
def test_strokes_one_after_another_undone_and_erased(photograph, strokes, task):
    on_cpu, on_gpu = (
        InteractiveSolver(photograph, strokes.shape, make_spec(task, "colour"), device=name)
        for name in ("cpu", "cuda")
    )
    first = np.where(strokes == 3, 0, strokes)
    more = first.copy()
    more[70:80, 100:130] = 1
    less = first.copy()
    less[30:50] = 0
    on_gpu.prepare("analytic")
    for seeds in (first, more, first, less):
        answers = [solver.solve(seeds, "analytic")["analytic"] for solver in (on_cpu, on_gpu)]
        assert answers[1].device.startswith("cuda")
        assert np.abs(answers[0].probabilities - answers[1].probabilities).max() < 1e-3
