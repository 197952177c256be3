"""Paper Table 1: how close the network comes to the optimum, and both to the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.minimisers import NestedDissection, NetworkMinimiser
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.problem import Problem
from napari_deep_energy.seeds import labels_from_trimap

from .evaluation import HeldOut, report
from .figures import figure
from .voc import read_voc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PREFIX = {RandomWalker.task: "seg", ClosedFormMatting.task: "mat"}
MATTING_SIZE = 512
"""Height and width of the alphamatting pictures (paper)."""


def evaluate_table1(
    voc: Path,
    alphamatting: Path | None = None,
    *,
    segment: Path | None = None,
    matte: Path | None = None,
    size: int = 128,
    count: int | None = None,
    pictures: Path | None = None,
) -> dict[str, float]:
    """Energies and IoU on VOC train and val, and the error of mattes (paper Table 1).

    Parameters
    ----------
    voc
        VOC devkit.
    alphamatting
        Folder with ``image``, ``alpha`` and ``trimap1``; left out, the ``mat_mse`` keys are too.
    segment, matte
        Checkpoints; the bundled ones if not given.
    size
        Height and width of the VOC objects.
    count
        Use at most this many objects of each split, spread evenly; as many as val has if not
        given.
    pictures
        Existing folder for ``segment.png`` and ``matte.png``, answers side by side like the
        paper's Figures 2 and 3.

    Returns
    -------
    dict
        ``seg_energy_analytic``, ``seg_energy_network``, ``seg_energy_random``,
        ``seg_energy_nearest_seed``, ``seg_energy_ratio``, ``seg_iou_analytic``,
        ``seg_iou_network``, ``seg_iou_gain``, the same with ``mat_``, those of the train split
        with ``_train`` at the end, and ``mat_mse_analytic``, ``mat_mse_network``,
        ``mat_mse_ratio``. The network is that of the product, with its steps down the energy;
        ``..._network_alone``, ``..._ratio_alone`` and ``..._gain_alone`` are without, as in the
        paper.
    """
    result: dict[str, float] = {}
    held_out = read_voc(voc, "val", size)
    count = min(count or len(held_out), len(held_out))
    chosen = {"": held_out.first(count), "_train": read_voc(voc, "train", size).first(count)}
    for path in (segment or bundled("segment"), matte or bundled("matte")):
        checkpoint = Checkpoint.load(path)
        prefix = PREFIX[checkpoint.spec.task]
        for ending, objects in chosen.items():
            problems = HeldOut.build(objects, checkpoint.spec, size)
            figures = report(checkpoint, problems)
            result |= {f"{prefix}_{key}{ending}": value for key, value in figures.items()}
            if pictures is not None and not ending:
                montage = figure(problems, problems.answer(checkpoint.network))
                Image.fromarray(montage).save(pictures / f"{checkpoint.spec.task}.png")
    if alphamatting is not None:
        result |= matting_error(Checkpoint.load(matte or bundled("matte")), alphamatting)
    return result


def matting_error(
    checkpoint: Checkpoint, folder: Path, size: int = MATTING_SIZE
) -> dict[str, float]:
    """Mean squared error of alpha (Rhemann et al., CVPR 2009), on the exact and the fast answer.

    Returns
    -------
    dict
        ``mat_mse_analytic``, ``mat_mse_network`` and ``mat_mse_ratio``, and of the network without
        the steps down the energy that follow it ``mat_mse_alone``, ``mat_mse_ratio_alone``, over
        the whole picture, which is what agrees with the paper's figures; with ``unknown_`` before
        the engine's name over the unknown pixels of the trimap alone.
    """
    errors: dict[str, list[float]] = {}
    for image, trimap, alpha in _mattes(folder, size):
        problem = Problem.from_labels(image, labels_from_trimap(trimap)).as_matting()
        unknown = problem.seeds.sum(1)[0].numpy() == 0
        exact = problem.to(dtype=torch.float64)
        energy = checkpoint.spec.energy(problem)
        answers = {
            "analytic": NestedDissection().minimise(exact, checkpoint.spec.energy(exact)).alpha,
            "network": NetworkMinimiser(checkpoint).minimise(problem, energy).alpha,
            "alone": NetworkMinimiser(checkpoint, steps=0).minimise(problem, energy).alpha,
        }
        for name, answer in answers.items():
            error = np.square(answer - alpha)
            errors.setdefault(name, []).append(float(error.mean()))
            errors.setdefault(f"unknown_{name}", []).append(float(error[unknown].mean()))
    result = {f"mat_mse_{name}": float(np.mean(values)) for name, values in errors.items()}
    for kind in ("", "unknown_"):
        for name, ratio in (("network", "ratio"), ("alone", "ratio_alone")):
            error = result[f"mat_mse_{kind}{name}"] / result[f"mat_mse_{kind}analytic"]
            result[f"mat_mse_{kind}{ratio}"] = error
    return result


def _mattes(folder: Path, size: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
    paths = sorted((folder / "image").glob("*.png"))
    if not paths:
        raise InvalidInput(f"{folder} holds no image/*.png; give the alphamatting folder.")
    smooth, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    for path in paths:
        image = Image.open(path).convert("RGB").resize((size, size), smooth)
        trimap = Image.open(folder / "trimap1" / path.name).convert("L")
        alpha = Image.open(folder / "alpha" / path.name).convert("L").resize((size, size), smooth)
        chosen = np.asarray(trimap.resize((size, size), nearest))
        yield np.asarray(image), chosen, np.asarray(alpha, np.float32) / 255
