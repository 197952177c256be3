"""What a network gains on a kind of pictures by seeing them without labels.

    python benchmarks/finetuning.py --data FOLDER [--recipe finetune_segment] [--split 0]
        [--json FILE]

FOLDER holds ``images`` and ``labels`` of the same names, one number an object. The network is
fine-tuned on the images of three quarters of the pictures; the labels of the others say where
strokes are drawn, and measure. The exact solver answers the same strokes by the same energy.
Two tasks: one object of many, and all objects against the background, with strokes on a few.
"Alone" is one pass of the network, "product" what the plugin gives with that model: the pass and
the steps down the energy that suit it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from napari_deep_energy.training import Recipe, finetune
from napari_deep_energy.training.evaluation import HeldOut
from napari_deep_energy.training.folder import to_rgb
from napari_deep_energy.training.objects import Objects, Selection, collect, join
from napari_deep_energy.training.seed_generation import Markers
from PIL import Image

from napari_deep_energy.minimisers.network import steps_after
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.picture_files import read_array

SIZE = 128
STROKES = {
    "one": Markers(radius=(0.02, 0.06), length=(0.05, 0.3), thickness=(0.015, 0.04), more=1.0),
    "all": Markers(radius=(0.02, 0.04), length=(0.1, 0.4), thickness=(0.015, 0.04), more=1.0),
}
"""Up to four a class."""


def held_out_objects(images: list[Path], labels: Path, task: str) -> Objects:
    """Single objects of at least 1 % of their crop, or all of them at once."""
    parts = []
    for path in images:
        picture = Image.fromarray(to_rgb(np.squeeze(read_array(path)), path.name))
        [mask_path] = labels.glob(f"{path.stem}.*")
        mask = np.squeeze(read_array(mask_path)).astype(np.int64)
        mask = (mask > 0).astype(np.int64) if task == "all" else np.where(mask, mask + 1000, 0)
        side = min(mask.shape)
        square = picture.crop((0, 0, side, side))
        try:
            found = collect([(square, mask[:side, :side])], path.stem, SIZE, Selection(0.01, 0.8))
        except ValueError:  # no object of that size
            continue
        parts.append(found.first(2))
    return join(parts)


def measure(checkpoint: Checkpoint, problems: dict[str, HeldOut], steps: int) -> dict[str, float]:
    """Gap and IoU of a network, with steps down the energy after it."""
    figures = {}
    for task, problem in problems.items():
        answer = problem.answer(checkpoint.network)
        found = problem.figures(problem.lowered(answer, steps) if steps else answer)
        figures[f"{task}_gap"] = found["energy_network"] - found["energy_analytic"]
        figures[f"{task}_iou"] = found["iou_network"]
        figures[f"{task}_iou_analytic"] = found["iou_analytic"]
    return figures


def main() -> None:
    """Fine-tune, measure before and after, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recipe", default="finetune_segment")
    parser.add_argument("--steps", type=int, help="shorten the recipe")
    parser.add_argument("--images", type=int, default=100, help="to fine-tune on, at most")
    parser.add_argument("--split", type=int, default=0, help="which pictures are held out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    recipe = Recipe.load(options.recipe)
    recipe = recipe if options.steps is None else recipe.shortened(options.steps)
    images = sorted((options.data / "images").iterdir())
    chosen = np.random.default_rng(options.split).permutation(len(images))
    unseen = [images[k] for k in sorted(chosen[: len(images) // 4])]
    seen = [images[k] for k in sorted(chosen[len(images) // 4 :])][: options.images]
    problems = {
        task: HeldOut.build(
            held_out_objects(unseen, options.data / "labels", task), recipe.energy, SIZE, markers
        )
        for task, markers in STROKES.items()
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "images"
        folder.mkdir()
        for path in seen:
            shutil.copy(path, folder / path.name)
        for progress in finetune(folder, recipe, out=Path(scratch) / "run"):
            last = progress
        after = Checkpoint.load(last.checkpoint)
    figures: dict[str, float] = {"steps": last.step, "ratio": last.best_ratio / last.first_ratio}
    figures["refine"] = steps_after(after)
    for how in ("alone", "product"):
        for name, one in (("before", Checkpoint.load(bundled(recipe.start))), ("after", after)):
            steps = 0 if how == "alone" else steps_after(one)
            for key, value in measure(one, problems, steps).items():
                figures[f"{key}_{name}_{how}"] = round(value, 4)
        for task in problems:
            cells = [
                f"gap {figures[f'{task}_gap_{name}_{how}']:.2f} "
                f"IoU {figures[f'{task}_iou_{name}_{how}']:.3f}"
                for name in ("before", "after")
            ]
            exact = figures[f"{task}_iou_analytic_after_{how}"]
            print(f"{task}, {how}: {' -> '.join(cells)}, exact IoU {exact:.3f}")
    print(f"steps of the fine-tuned: {figures['refine']}")
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
