"""What labels buy: quality against the number of labelled pictures, on pictures held out.

    python benchmarks/labels.py --data FOLDER [--objects FILE ...] [--fused FILE ...]
        [--limit N] [--longest N] [--choosing] [--json FILE]

``--objects`` takes networks that know objects, trained by ``napari-deep-energy train-objects
--pictures N``, ``--fused`` networks trained by ``napari-deep-energy train --recipe fused_segment
--pictures N``; their metadata says on how many pictures. Beside the first stand the answers without
one, which no label went into, and the bundled one's, beside the second those of the network that
fused training starts from. Fused networks answer alone, and as the product runs them, with steps
down the energy. FOLDER, strokes and clicks are as in ``interactive.py``, and so are the held-out
halves of Berkeley and of VOC's validation pictures; with ``--choosing`` the other halves are taken.
``objects_*`` of fused networks are as in the paper's Table 1: all objects of VOC's validation
pictures at 128 pixels, with the paper's generous strokes.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from interactive import clicked, clicks_to, ours, strokes_on
from napari_deep_energy.training.evaluation import HeldOut, report
from napari_deep_energy.training.simulated_user import iou
from napari_deep_energy.training.voc import read_voc as read_objects
from pictures_with_masks import read_pairs, read_voc, reduced

from napari_deep_energy.energy import ENERGIES, object_network
from napari_deep_energy.networks import Checkpoint, bundled

if TYPE_CHECKING:
    from collections.abc import Callable

    from interactive import Segmenter
    from napari_deep_energy.training.objects import Objects
    from numpy.typing import NDArray
    from pictures_with_masks import Subject

    Method = Callable[[NDArray[np.uint8]], Segmenter]

SIDE = 128
OF_OBJECTS = (
    "energy_ratio_alone",
    "energy_ratio",
    "iou_analytic",
    "iou_network_alone",
    "iou_network",
)
NO_LIMIT = 1_000_000
"""More pictures than there are."""


def score(subjects: dict[str, list[Subject]], method: Method) -> dict[str, float]:
    """IoU by strokes on each set, and clicks to 85 and 90 % on Berkeley."""
    found: dict[str, float] = {}
    for name, of_set in subjects.items():
        scores = [iou(s.mask, method(s.image)(strokes_on(s))) for s in of_set]
        found[f"iou_{name}"] = float(np.mean(scores))
    paths = [clicked(s, method(s.image)) for s in subjects["berkeley"]]
    for goal in (85, 90):
        found[f"noc{goal}"] = float(np.mean([clicks_to(goal / 100, path) for path in paths]))
    return found


def name_of(pictures: int) -> str:
    """Of a number of labelled pictures."""
    return "all" if pictures >= NO_LIMIT else str(pictures)


def with_objects(subjects: dict[str, list[Subject]], paths: list[Path]) -> dict[str, float]:
    """Figures of the default energy with networks that know objects."""
    bundled_one = object_network.BUNDLED
    figures: dict[str, float] = {}
    recipes = (object_network.metadata_of(path)["recipe"] for path in paths)
    names = [name_of(recipe.get("pictures", NO_LIMIT)) for recipe in recipes]
    for name, path in zip(("none", *names, "bundled"), (None, *paths, bundled_one), strict=True):
        object_network.BUNDLED = path or bundled_one
        object_network.bundled_network.cache_clear()
        found = score(subjects, partial(ours, objects=path is not None))
        figures |= told(f"objects_{name}", found)
    return figures


def fused(
    subjects: dict[str, list[Subject]], objects: Objects, paths: list[Path]
) -> dict[str, float]:
    """Figures of networks for the paper's energy, some of which masks had part in training."""
    figures: dict[str, float] = {}
    problems = HeldOut.build(objects, ENERGIES["segment", "paper"], SIDE)
    for path in (bundled("segment"), *paths):
        checkpoint, name = Checkpoint.load(path), "start"
        if path in paths:
            recipe = checkpoint.training["recipe"]
            name = name_of(recipe["labelled_pictures"] if recipe["labelled_weight"] else 0)
        found = report(checkpoint, problems)
        shown = {f"objects_{key}": found[key] for key in OF_OBJECTS}
        figures |= told(f"fused_{name}", shown)
        for how, refine in (("alone", 0), ("product", None)):
            method = partial(ours, energy="paper", engine="network", refine=refine, model=path)
            figures |= told(f"fused_{name}_{how}", score(subjects, method))
    return figures


def told(name: str, found: dict[str, float]) -> dict[str, float]:
    """Figures under a name, which are printed."""
    print(f"{name:>22} " + ", ".join(f"{k} {v:.4g}" for k, v in found.items()), flush=True)
    return {f"{key}_{name}": value for key, value in found.items()}


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--objects", type=Path, nargs="+")
    parser.add_argument("--fused", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=20, help="pictures of each set; 0: all")
    parser.add_argument("--longest", type=int, default=256, help="long side of the pictures")
    parser.add_argument("--choosing", action="store_true", help="the halves used for choosing")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not (options.objects or options.fused):
        parser.error("there is no network to measure; give --objects or --fused")
    sets = {
        "berkeley": read_pairs(options.data / "berkeley"),
        "voc": read_voc(options.data / "VOCdevkit" / "VOC2012"),
    }
    half = slice(0 if options.choosing else 1, None, 2)
    subjects = {
        name: [reduced(s, options.longest) for s in all_of[half][: options.limit or None]]
        for name, all_of in sets.items()
    }
    figures: dict[str, float] = {}
    if options.objects:
        figures |= with_objects(subjects, options.objects)
    if options.fused:
        objects = read_objects(options.data / "VOCdevkit", "val", SIDE)
        objects = objects.first(options.limit or len(objects))
        figures |= fused(subjects, objects, options.fused)
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
