"""Training samples a second, network by network: batches, energy, gradient and step included.

    python benchmarks/training.py [--recipes cpu_segment ...] [--size 64] [--batch 32] [--compiled]
        [--json FILE]

Nothing is read: the pictures are noise of the right size, which costs the same.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import torch
from figures import write_figures
from napari_deep_energy.training.batches import batch_of
from napari_deep_energy.training.fit import update
from napari_deep_energy.training.objects import Objects
from napari_deep_energy.training.recipe import Recipe, Stage
from napari_deep_energy.training.run_state import RunState

from napari_deep_energy.memory import kept_memory

RECIPES = ("paper_segment", "cpu_segment", "cpu_matte")


def noise(recipe: Recipe, count: int = 64) -> Objects:
    """Pictures of noise with a disk on each."""
    side = torch.linspace(-1, 1, recipe.cache)
    disk = (side[:, None] ** 2 + side**2 < 0.3).byte()
    generator = torch.Generator().manual_seed(0)
    shape = (count, 3, recipe.cache, recipe.cache)
    images = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
    return Objects(images, disk.expand(count, -1, -1), torch.arange(count), "noise")


def measure(recipe: Recipe, size: int, batch: int, seconds: float) -> float:
    """Samples a second of a recipe's steps at one size, after five to warm up."""
    descents = recipe.stages[0].descents
    stage = Stage(1_000_000, (size,), batch * size**2, descents)
    recipe = replace(recipe, stages=(stage,), start="random")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    objects = noise(recipe).to(device)
    with tempfile.TemporaryDirectory() as folder, kept_memory():
        run = RunState.open(Path(folder), recipe, objects)
        began = time.perf_counter()
        while run.step < 5 or time.perf_counter() - began < seconds:
            update(recipe, batch_of(recipe, objects, run.step, run.samples), run)  # ends in float()
            run.step += 1
            run.samples += batch
            if run.step == 5:
                began = time.perf_counter()
        return (run.samples - 5 * batch) / (time.perf_counter() - began)


def main() -> None:
    """Measure, print a line a recipe, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--compiled", action="store_true", help="the network, on a GPU")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = {}
    for name in options.recipes:
        recipe = Recipe.load(name)
        recipe = replace(recipe, compiled=options.compiled or recipe.compiled)
        rate = measure(recipe, options.size, options.batch, options.seconds)
        print(f"{name:20} {rate:8.0f} samples/s")
        figures[f"{name}_samples_per_second"] = round(rate, 1)
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
