"""Paper Table 2: how long the exact solvers and the network take."""

from __future__ import annotations

import copy
import statistics
import time
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from skimage.segmentation import random_walker

from napari_deep_energy.energy import grey
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.minimisers import NestedDissection
from napari_deep_energy.minimisers.network import predict
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.problem import Problem

from .augmentation import resized
from .seed_generation import PAPER, generate
from .voc import read_voc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_deep_energy.energy import EnergySpec
    from napari_deep_energy.networks import ContextAggregationNetwork


def evaluate_table2(
    voc: Path,
    *,
    sizes: Sequence[int] = (128, 256, 512),
    count: int = 3,
    only_cuda: bool = False,
) -> dict[str, float]:
    """Seconds of the exact solvers and of the network, the median over ``count`` pictures.

    Parameters
    ----------
    voc
        VOC devkit; pictures and strokes are of its validation split.
    sizes
        Heights and widths of the pictures.
    count
        Pictures of each size.
    only_cuda
        Leave out what runs on the CPU, which takes minutes at large sizes.

    Returns
    -------
    dict
        ``seg_128_analytic``, ``seg_128_network``, ``seg_128_speedup``, ``seg_128_skimage`` and so
        on for the other sizes; ``mat_128_pymatting`` and so on where pymatting is installed;
        ``..._analytic_cuda`` and ``..._network_cuda`` where there is a GPU. Memory, and what
        depends on the size alone, is at hand from a first call.

    Raises
    ------
    InvalidInput
        If only CUDA is asked for and there is none.
    """
    if only_cuda and not torch.cuda.is_available():
        raise InvalidInput("there is no CUDA device; leave out --only-cuda.")
    result: dict[str, float] = {}
    for size in sizes:
        objects = read_voc(voc, "val", size).first(count)
        images, masks = resized(*objects.take(torch.arange(len(objects))), size)
        seeds = generate(masks, PAPER, torch.Generator().manual_seed(1))
        problems = [
            Problem(image[None], seed[None], (1, 2))
            for image, seed in zip(images, seeds, strict=True)
        ]
        for prefix, task, peer in PEERS:
            timed = _methods(Checkpoint.load(bundled(task)), peer, only_cuda)
            seconds = {name: median_seconds(call, problems) for name, call in timed.items()}
            if not only_cuda:
                seconds["speedup"] = seconds["analytic"] / seconds["network"]
            result |= {f"{prefix}_{size}_{name}": value for name, value in seconds.items()}
    return result


def median_seconds(call: Callable[[Problem], Any], problems: Sequence[Problem]) -> float:
    """Median wall time of a call over some problems, after one call to warm up."""
    call(problems[0])
    times = []
    for problem in problems:
        start = time.perf_counter()
        call(problem)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _methods(
    checkpoint: Checkpoint, peer: Callable[[Problem], Any], only_cuda: bool
) -> dict[str, Callable[[Problem], Any]]:
    """What is timed, by name."""
    methods: dict[str, Callable[[Problem], Any]] = {}
    for device in ["cpu"] * (not only_cuda) + ["cuda"] * torch.cuda.is_available():
        ending = "" if device == "cpu" else f"_{device}"
        methods[f"analytic{ending}"] = partial(_exact, NestedDissection(), checkpoint.spec, device)
        network = copy.deepcopy(checkpoint.network).to(device).eval()
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        methods[f"network{ending}"] = partial(_predicted, network, device)
    name = peer.__name__.strip("_")
    if find_spec(name) and not only_cuda:
        methods[name] = peer
    return methods


def _exact(solver: NestedDissection, spec: EnergySpec, device: str, problem: Problem) -> object:
    exact = problem.to(device, torch.float64)
    return solver.minimise(exact, spec.energy(exact))


def _predicted(network: ContextAggregationNetwork, device: str, problem: Problem) -> torch.Tensor:
    """At the picture's full size, as in the paper."""
    full = max(problem.image.shape[2:])
    return predict(network, problem.to(device), working_size=full).cpu()


def _skimage(problem: Problem) -> object:
    labels = (problem.seeds[0] * torch.tensor([1.0, 2.0])[:, None, None]).sum(0).numpy()
    picture = grey(problem.image)[0, 0].double().numpy()
    # Its beta is divided by 10 times the standard deviation of the picture.
    beta = 1000.0 * 10 * picture.std()
    # Its iterative modes are far from the optimum at this beta; only the direct one is a peer.
    return random_walker(picture, labels.astype(int), beta=beta, mode="bf")


def _pymatting(problem: Problem) -> object:
    from pymatting import estimate_alpha_cf  # an optional peer

    trimap = (0.5 + 0.5 * (problem.seeds[0, 0] - problem.seeds[0, 1])).double().numpy()
    return estimate_alpha_cf(problem.image[0].permute(1, 2, 0).double().numpy(), trimap)


PEERS: tuple[tuple[str, str, Callable[[Problem], Any]], ...] = (
    ("seg", "segment", _skimage),
    ("mat", "matte", _pymatting),
)
"""Prefix of the figures, task, and somebody else's exact solver for it."""
