"""Quality of what a user gets, against what users would otherwise pick.

    pip install ".[bench]"
    python benchmarks/interactive.py --data FOLDER [--json FILE] [--limit N] [--longest PIXELS]
        [--all] [--parts strokes clicks mattes]

By default 20 pictures of each set are taken; ``--limit 0`` is all of them.

FOLDER holds any of ``berkeley`` (``image``, ``gt`` and perhaps ``strokes`` by users),
``VOCdevkit/VOC2012`` (its val split; the largest object of each picture) and ``alphamatting``
(``image``, ``alpha``, ``trimap1``). Where no user's strokes are at hand, they are simulated.

``iou_*`` is the IoU of the object, the mean over all pictures, ``iou_*_berkeley`` and
``iou_*_voc`` that of one set:

- ``default``: what ``segment`` and the dock give, the exact optimum of the colour-aware energy;
- ``unsupervised``: the best that we ship without a label having been used in its making: the same
  with ``objects=False``, where the prior is learnt from the strokes at hand and nothing is trained;
- ``network``: the bundled network for that energy, trained without labels, with its steps down the
  energy; ``network_alone``: without these;
- ``paper``: the exact optimum of the paper's energy; ``network_paper``: the network for it;
- ``random_walker``: scikit-image's, on the colours, at its default beta, exact (``mode="bf"``);
- ``grabcut``: OpenCV's, five rounds, unpainted pixels probably background (as probably foreground
  it was worse).

``noc85_*`` and ``noc90_*`` are the mean number of clicks to an IoU of 85 and 90 %, at most 20;
ratios are ours over theirs. ``mat_<error>_*`` are the errors of
alphamatting.com over the unknown pixels, at 512 pixels, ``mat_mse_*_ratio`` ours over pymatting's
closed form.

The energy's parameters were chosen on every second picture (the first, third, ...) of both sets.
Figures are of the others, unless ``--all`` is given. The prior of mattes was chosen on seven of
the thirteen; all are measured.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from matting_errors import errors
from napari_deep_energy.training.simulated_user import click, iou, strokes
from pictures_with_masks import Subject, read_mattes, read_pairs, read_voc, reduced
from skimage.segmentation import random_walker

from napari_deep_energy import matte
from napari_deep_energy.interactive import InteractiveSolver, make_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Segmenter = Callable[[NDArray[np.int64]], NDArray[np.bool_]]

CLICKS = 20
MATTE_SIZE = 512
PARTS = ("strokes", "clicks", "mattes")


def ours(
    image: NDArray[np.uint8],
    energy: str = "colour",
    engine: str = "analytic",
    refine: int | None = None,
    objects: bool | None = None,
    model: Path | None = None,
) -> Segmenter:
    """One of our engines; what it keeps between strokes is kept here too."""
    spec = make_spec("segment", energy, objects=objects)
    solver = InteractiveSolver(image, image.shape[:2], spec, model, refine=refine)
    return lambda labels: solver.solve(labels, engine)[engine].labels == 1


def scikit_image(image: NDArray[np.uint8]) -> Segmenter:
    """scikit-image's random walker."""

    def answer(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the factorisation is slow
            return random_walker(image, labels, mode="bf", channel_axis=-1) == 1

    return answer


def grabcut(image: NDArray[np.uint8]) -> Segmenter:
    """OpenCV's grabCut; it draws its first clusters at random, the same each time here."""
    import cv2

    bgr = np.ascontiguousarray(image[..., ::-1])

    def answer(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        mask = np.select([labels == 1, labels == 2], [cv2.GC_FGD, cv2.GC_BGD], cv2.GC_PR_BGD)
        mask, models = mask.astype(np.uint8), (np.zeros((1, 65)), np.zeros((1, 65)))
        cv2.setRNGSeed(0)
        cv2.grabCut(bgr, mask, None, *models, 5, cv2.GC_INIT_WITH_MASK)
        return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)

    return answer


METHODS: dict[str, Callable[[NDArray[np.uint8]], Segmenter]] = {
    "default": ours,
    "unsupervised": lambda image: ours(image, objects=False),
    "paper": lambda image: ours(image, "paper"),
    "network": lambda image: ours(image, engine="network"),
    "network_alone": lambda image: ours(image, engine="network", refine=0),
    "network_paper": lambda image: ours(image, "paper", "network"),
    "random_walker": scikit_image,
    "grabcut": grabcut,
}
CLICKED = ("default", "unsupervised", "paper", "random_walker", "grabcut")


def by_strokes(sets: dict[str, list[Subject]]) -> dict[str, float]:
    """IoU of every method from the same strokes."""
    scores: dict[str, list[float]] = defaultdict(list)
    for name, subjects in sets.items():
        for subject in subjects:
            labels = strokes_on(subject)
            for method, make in METHODS.items():
                score = iou(subject.mask, make(subject.image)(labels))
                scores[f"iou_{method}"].append(score)
                scores[f"iou_{method}_{name}"].append(score)
            print(".", end="", flush=True)  # a picture takes seconds
        show(scores, f"strokes, {name}")
    found = {key: float(np.mean(values)) for key, values in scores.items()}
    for method in ("default", "unsupervised"):
        found[f"iou_{method}_minus_grabcut"] = found[f"iou_{method}"] - found["iou_grabcut"]
        found[f"iou_{method}_minus_random_walker"] = (
            found[f"iou_{method}"] - found["iou_random_walker"]
        )
    return found


def strokes_on(subject: Subject) -> NDArray[np.int64]:
    """A user's, or simulated ones, the same each time."""
    if subject.strokes is not None:
        return subject.strokes
    seed = [ord(letter) for letter in subject.name]
    return strokes(subject.mask, np.random.default_rng(seed))


def by_clicks(subjects: list[Subject]) -> dict[str, float]:
    """Clicks that each method needs."""
    scores: dict[str, list[float]] = defaultdict(list)
    for subject in subjects:
        for method in CLICKED:
            path = clicked(subject, METHODS[method](subject.image))
            for goal in (85, 90):
                scores[f"noc{goal}_{method}"].append(clicks_to(goal / 100, path))
        print(".", end="", flush=True)
    show(scores, "clicks")
    found = {key: float(np.mean(values)) for key, values in scores.items()}
    for goal in (85, 90):
        for peer in ("random_walker", "grabcut"):
            ratio = found[f"noc{goal}_default"] / found[f"noc{goal}_{peer}"]
            found[f"noc{goal}_ratio_{peer}"] = ratio
    return found


def clicks_to(goal: float, path: list[float]) -> int:
    """How many clicks it takes to an IoU, as many as are allowed if it is never reached."""
    return next((count for count, score in enumerate(path, 1) if score >= goal), CLICKS)


def clicked(subject: Subject, segmenter: Segmenter) -> list[float]:
    """IoU after each click, until 90 % or the last click allowed."""
    labels = np.zeros(subject.mask.shape, np.int64)
    answer, path = np.zeros(labels.shape, bool), []
    while len(path) < CLICKS and not (path and path[-1] >= 0.9):
        labels = click(subject.mask, answer, labels)
        painted = set(np.unique(labels)) - {0}
        # With one class alone, all of the picture is of that class.
        answer = segmenter(labels) if len(painted) == 2 else np.full(labels.shape, 1 in painted)
        path.append(iou(subject.mask, answer))
    return path


def by_mattes(folder: Path, limit: int | None) -> dict[str, float]:
    """Errors of every method on the same trimaps."""
    from pymatting import estimate_alpha_cf, estimate_alpha_knn

    scores: dict[str, list[float]] = defaultdict(list)
    for cutout in read_mattes(folder, MATTE_SIZE)[:limit]:
        methods = {
            "default": lambda c=cutout: matte(c.image, trimap=c.trimap).alpha,
            "network": lambda c=cutout: matte(c.image, trimap=c.trimap, engine="network").alpha,
            "closed_form": lambda c=cutout: estimate_alpha_cf(c.image, c.trimap),
            "knn": lambda c=cutout: estimate_alpha_knn(c.image, c.trimap),
        }
        for method, call in methods.items():
            alpha = np.clip(np.asarray(call(), np.float64), 0, 1)
            for name, value in errors(alpha, cutout.alpha, cutout.trimap == 0.5).items():
                scores[f"mat_{name}_{method}"].append(value)
    show(scores, "mattes")
    found = {key: float(np.mean(values)) for key, values in scores.items()}
    for method in ("default", "network"):
        ratio = found[f"mat_mse_{method}"] / found["mat_mse_closed_form"]
        found[f"mat_mse_{method}_ratio"] = ratio
    return found


def show(scores: dict[str, list[float]], title: str) -> None:
    """Print means so far."""
    print(f"{title} ({time.process_time():.0f} s of processor time so far)", flush=True)
    for key, values in scores.items():
        print(f"  {key:32} {np.mean(values):.4f}  ({len(values)})", flush=True)


def main() -> None:
    """Measure what there is data for, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--limit", type=int, default=20, help="pictures of each set; 0: all")
    parser.add_argument("--longest", type=int, help="long side of pictures to segment")
    parser.add_argument("--all", action="store_true", help="also pictures used for choosing")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    limit = options.limit or None
    sets = {}
    if (options.data / "berkeley").is_dir():
        sets["berkeley"] = read_pairs(options.data / "berkeley")
    if (options.data / "VOCdevkit" / "VOC2012").is_dir():
        sets["voc"] = read_voc(options.data / "VOCdevkit" / "VOC2012")
    step = slice(None) if options.all else slice(1, None, 2)
    sets = {
        name: [reduced(subject, options.longest) for subject in subjects[step][:limit]]
        for name, subjects in sets.items()
    }
    found: dict[str, float] = {}
    if sets and "strokes" in options.parts:
        found |= by_strokes(sets)
    if "berkeley" in sets and "clicks" in options.parts:
        found |= by_clicks(sets["berkeley"])
    if (options.data / "alphamatting").is_dir() and "mattes" in options.parts:
        found |= by_mattes(options.data / "alphamatting", limit)
    if not found:
        parser.error(f"{options.data} holds none of berkeley, VOCdevkit/VOC2012, alphamatting")
    for key, value in found.items():
        if "ratio" in key or "minus" in key:
            print(f"{key:40} {value:.4f}")
    write_figures(options.json, found)


if __name__ == "__main__":
    main()
