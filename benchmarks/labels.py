"""What labels buy: quality against the number of labelled pictures, on pictures held out.

    python benchmarks/labels.py --data FOLDER --networks FILE ... [--limit N] [--longest N]
        [--json FILE]

FILE is a network that knows objects, trained by ``napari-deep-energy train-objects --pictures N``;
its metadata says on how many pictures. Beside them stand the answers without one, which no label
went into, and those of the bundled one. FOLDER, strokes and clicks are as in ``interactive.py``,
and so are the held-out halves of Berkeley and of VOC's validation pictures.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from interactive import clicked, clicks_to, ours, strokes_on
from napari_deep_energy.training.simulated_user import iou
from pictures_with_masks import read_pairs, read_voc, reduced

from napari_deep_energy.energy import object_network

if TYPE_CHECKING:
    from pictures_with_masks import Subject


NO_LIMIT = 1_000_000
"""More pictures than there are."""


def score(subjects: dict[str, list[Subject]], objects: bool) -> dict[str, float]:
    """IoU by strokes on each set, and clicks to 85 and 90 % on Berkeley."""
    found: dict[str, float] = {}
    for name, of_set in subjects.items():
        scores = [
            iou(subject.mask, ours(subject.image, objects=objects)(strokes_on(subject)))
            for subject in of_set
        ]
        found[f"iou_{name}"] = float(np.mean(scores))
    paths = [clicked(s, ours(s.image, objects=objects)) for s in subjects["berkeley"]]
    for goal in (85, 90):
        found[f"noc{goal}"] = float(np.mean([clicks_to(goal / 100, path) for path in paths]))
    return found


def pictures_of(path: Path) -> str:
    """How many pictures a network learnt from, as its metadata says."""
    count = object_network.metadata_of(path)["recipe"].get("pictures", NO_LIMIT)
    return "all" if count >= NO_LIMIT else str(count)


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", type=Path, nargs="+", required=True)
    parser.add_argument("--limit", type=int, default=20, help="pictures of each set; 0: all")
    parser.add_argument("--longest", type=int, default=256, help="long side of the pictures")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sets = {
        "berkeley": read_pairs(options.data / "berkeley"),
        "voc": read_voc(options.data / "VOCdevkit" / "VOC2012"),
    }
    subjects = {
        name: [reduced(s, options.longest) for s in all_of[1::2][: options.limit or None]]
        for name, all_of in sets.items()
    }
    figures: dict[str, float] = {}
    bundled = object_network.BUNDLED
    for name, path in [
        ("none", None),
        *((pictures_of(path), path) for path in options.networks),
        ("bundled", bundled),
    ]:
        object_network.BUNDLED = path or bundled
        object_network.bundled_network.cache_clear()
        found = score(subjects, objects=path is not None)
        print(f"{name:>8} " + ", ".join(f"{k} {v:.4g}" for k, v in found.items()), flush=True)
        figures |= {f"{key}_{name}": value for key, value in found.items()}
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
