"""Exact solvers side by side: nested dissection against scikit-image, pymatting and PARDISO.

    python benchmarks/solvers.py [--device cpu] [--sizes 256 512] [--repeats 3] [--json FILE]
        [--tasks rw cf] [--peers bf cg_j cg_mg pymatting pardiso] [--figure FILE]

All solve the same systems (hard seeds, same affinities, same floor) in one process, repeats
interleaved; figures are medians. "First" is a picture never seen before, its energy included, by a
solver that has had one of that size; of the very first, ``rw_plan_ms_N`` is what is made once a
size, and ``rw_fresh_ms_N`` the rest of its time, that to get the memory from the system included.
"Stroke" is one more stroke on it, exact again, and "next" one that goes on where the last two
were; "jump" follows it in another place. An "expected" one starts where the solver was told to work
ahead, as where a pointer rests; ``rw_ahead_ms_N`` is how long that takes. Errors are the largest
difference of a probability or alpha from a float64 sparse factorisation of the same system, flips
the share of pixels that change class; ``rw_jump_difference_N`` is that of "jump" from an answer
that is found anew. PARDISO is given the assembled system, and does with it all that a stroke needs:
analysis, factor and solution.
``--peers`` without a name is for sizes beyond all of them.
Memory of a graphics card is what torch has given out at most, ``gpu_peak_mib_N``.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import time
import warnings
from collections import defaultdict
from functools import partial
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
import scipy.sparse as sp
import torch
from figures import write_figures
from skimage import data
from skimage.segmentation import random_walker
from skimage.transform import resize

from napari_deep_energy import kernels
from napari_deep_energy.devices import synchronise
from napari_deep_energy.energy import ClosedFormMatting, EnergySpec, RandomWalker
from napari_deep_energy.energy.random_walker import LUMA
from napari_deep_energy.minimisers import NestedDissection, Solution, SparseDirect
from napari_deep_energy.minimisers.nested_dissection.choosing import (
    choose_plan,
    choose_whole_factor,
)
from napari_deep_energy.problem import Problem
from napari_deep_energy.stopping import never

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_deep_energy.energy import QuadraticEnergy

PICTURES = ("astronaut", "coffee", "chelsea")
BETA = 1000.0
PARDISO = "pardiso"
PEERS = {"rw": ("bf", "cg_j", "cg_mg", PARDISO), "cf": ("pymatting", PARDISO)}
"""By task; the first, which users have and which answers correctly, is what ratios are taken to."""
POSITIVE_DEFINITE = 2
"""PARDISO's number of such systems; it wants their upper half."""
NAMES = {
    "first": "ours, first solve", "stroke": "ours, one more stroke",
    "next": "ours, a stroke that goes on", "jump": "ours, a stroke elsewhere after it",
    "expected": "ours, a stroke where the pointer was",
    "bf": "scikit-image bf",
    "cg_j": "scikit-image cg_j (inexact)", "cg_mg": "scikit-image cg_mg (inexact)",
    "pymatting": "pymatting", PARDISO: "PARDISO",
}  # fmt: skip
TITLES = {"rw": "Random walker", "cf": "Closed-form matting"}
LARGEST_REFERENCE = {"rw": 1024, "cf": 512}
"""Beyond these sizes the float64 reference is left out: it takes minutes and gigabytes."""


def picture(name: str, size: int) -> np.ndarray:
    """Photograph from scikit-image's wheel, (size, size, 3) float32 in [0, 1]."""
    image = resize(getattr(data, name)(), (size, size, 3), anti_aliasing=True)
    return np.ascontiguousarray(image, dtype=np.float32)


def strokes(size: int) -> list[np.ndarray]:
    """Scribbles on two classes, one more stroke, that one twice made longer, and one elsewhere."""
    labels, k = np.zeros((size, size), int), max(2, size // 50)
    labels[k : 2 * k, k : size // 3] = labels[-3 * k : -2 * k, -size // 3 :] = 2
    labels[size // 3 : 2 * size // 3, size // 2 : size // 2 + k] = 1
    series = [labels]
    for end in (size // 2, size // 2 + k, size // 2 + 2 * k):
        series.append(labels.copy())
        series[-1][-size // 4 : -size // 4 + k, size // 3 : end] = 1
    series.append(series[-1].copy())
    series[-1][size // 6 : size // 4, -size // 8 : -size // 8 + k] = 2
    return series


def timed(function: Callable[[], object], device: str = "cpu") -> tuple[float, object]:
    """Seconds of a call, until the device has done its work, and its result."""
    synchronise(device)
    start = time.perf_counter()
    result = function()
    synchronise(device)
    return time.perf_counter() - start, result


def make_tables(size: int, offsets: tuple[tuple[int, int], ...], device: str) -> None:
    """What depends on a picture's size alone, and is kept."""
    like = torch.zeros(0, device=device)
    choose_whole_factor(choose_plan((size, size), offsets, like, never), like)


def ours(
    spec: EnergySpec, engine: NestedDissection, problems: list[Problem]
) -> tuple[list[float], list[Solution]]:
    """Seconds of each solve, all on one picture and in that order, and the answers."""
    device, laplacian = str(problems[0].image.device), None
    times, answers = [], []
    for problem in problems:
        seconds, energy = timed(partial(spec.energy, problem, laplacian), device)
        laplacian = energy.laplacian
        answers.append(engine.minimise(problem, energy))
        times.append(seconds + answers[-1].seconds)
    return times, answers


def expected(
    spec: EnergySpec, engine: NestedDissection, problems: list[Problem], start: tuple[int, int]
) -> tuple[float, float]:
    """Seconds to work ahead for a stroke, and of the stroke: two problems, before it and after.

    ``start`` is its first pixel. The picture is a new one.
    """
    before, after = problems
    device = str(before.image.device)
    energy = spec.energy(before)
    engine.minimise(before, energy)
    ahead, _ = timed(partial(engine.expect, *start), device)
    seconds, energy = timed(partial(spec.energy, after, energy.laplacian), device)
    return ahead, seconds + engine.minimise(after, energy).seconds


def start_of(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """Row and column where a stroke starts, which is painted downwards."""
    row, column = np.argwhere(before != after)[0]
    return int(row), int(column)


def scikit_image(image: np.ndarray, labels: np.ndarray, mode: str) -> np.ndarray:
    """Probabilities by scikit-image, beta rescaled to the plain exp(-beta |dI|^2)."""
    grey = (image @ np.array(LUMA, np.float32)).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return random_walker(
            grey, labels, beta=BETA * 10 * grey.std(), mode=mode, return_full_prob=True
        )


def pymatting(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Alpha by pymatting's closed form at its defaults."""
    from pymatting import estimate_alpha_cf

    trimap = np.select([labels == 1, labels == 2], [1.0, 0.0], 0.5)
    return estimate_alpha_cf(image.astype(np.float64), trimap)


def pardiso(energy: QuadraticEnergy) -> tuple[float, np.ndarray]:
    """Seconds by Intel's direct solver once the system is assembled, and the answer (K, H, W)."""
    from pypardiso import PyPardisoSolver

    matrix, rhs, free = energy.to_sparse()
    solver, matrix = PyPardisoSolver(POSITIVE_DEFINITE), sp.triu(matrix, format="csr")
    seconds, found = timed(lambda: solver.solve(matrix, rhs))
    solver.free_memory(everything=True)
    x = energy.targets[0].double().numpy().copy()
    x[:, free.reshape(x.shape[1:])] = np.asarray(found).reshape(-1, len(x)).T
    return seconds, x


def measure(task: str, size: int, device: str, repeats: int, chosen: list[str]) -> dict[str, float]:
    """All figures of one task at one size, beside the chosen peers."""
    spec = (
        RandomWalker(BETA, hard_seeds=True) if task == "rw" else ClosedFormMatting(hard_seeds=True)
    )
    times, errors, engine = defaultdict(list), defaultdict(list), NestedDissection()
    series = strokes(size)
    more = series[1]
    on_gpu = torch.device(device).type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    for name in islice(cycle(PICTURES), repeats):
        image = picture(name, size)
        problems = [Problem.from_labels(image, each) for each in series]
        if task == "cf":
            problems = [problem.as_matting() for problem in problems]
        if not times["plan"]:
            offsets = spec.laplacian(problems[0].image[..., :5, :5]).stencil().offsets
            tables = partial(make_tables, size, offsets, device)
            times["plan"].append(timed(tables, device)[0])
        on_device = [problem.to(device) for problem in problems]
        if not times["fresh"]:
            times["fresh"].append(ours(spec, engine, on_device[:1])[0][0])
        seconds, solutions = ours(spec, engine, on_device)
        for kind, one in zip(("first", "stroke", "", "next", "jump"), seconds, strict=True):
            times[kind].append(one)
        both = expected(spec, engine, on_device[:2], start_of(series[0], more))
        for kind, one in zip(("ahead", "expected"), both, strict=True):
            times[kind].append(one)
        answers = {"ours": solutions[1].x.double().numpy()}
        for peer in chosen:
            if peer == PARDISO:
                seconds, answer = pardiso(spec.energy(problems[1].to(dtype=torch.float64)))
            else:
                call = pymatting if task == "cf" else partial(scikit_image, mode=peer)
                seconds, answer = timed(lambda call=call, image=image: call(image, more))
            times[peer].append(seconds)
            answers[peer] = np.asarray(answer).reshape(answers["ours"].shape)
        if name == PICTURES[0] and size <= LARGEST_REFERENCE[task]:
            precise = problems[1].to(dtype=torch.float64)
            truth = SparseDirect().minimise(precise, spec.energy(precise)).x.numpy()
            for peer, answer in answers.items():
                errors[peer] = [np.abs(np.clip(answer, 0, 1) - np.clip(truth, 0, 1)).max()]
                errors[f"{peer} flips"] = [np.mean(_class(answer) != _class(truth))]
            anew = ours(spec, NestedDissection(), on_device[-1:])[1][0]
            errors["jump anew"] = [(anew.x - solutions[-1].x).abs().max()]
        del problems, on_device, solutions, answers  # the memory at the peak is the solver's
    result = figures(task, size, times, errors)
    if on_gpu:
        result[f"gpu_peak_mib_{size}"] = torch.cuda.max_memory_allocated(device) / 2**20
    return result


def _class(x: np.ndarray) -> np.ndarray:
    return x.argmax(0) if len(x) > 1 else x[0] > 0.5


def figures(
    task: str, size: int, times: dict[str, list[float]], errors: dict[str, list[float]]
) -> dict[str, float]:
    """Flat names and medians."""
    median = {name: statistics.median(values) for name, values in times.items() if name}
    result: dict[str, float] = {}
    if peer := median.get(PEERS[task][0]):
        prefix = "rw_first_ratio" if task == "rw" else "cf_ratio"
        result[f"{prefix}_{size}"] = peer / median["first"]
        result[f"{task}_stroke_ratio_{size}"] = peer / median["stroke"]
        result[f"{task}_next_ratio_{size}"] = peer / median["next"]
        result[f"{task}_expected_ratio_{size}"] = peer / median["expected"]
    for name, seconds in median.items():
        result[f"{task}_{name}_ms_{size}"] = 1000 * seconds
    for name, (error,) in errors.items():
        who, _, what = name.partition(" ")
        kind = {"": "true_error", "anew": "difference"}.get(what, what)
        label = f"{task}_{kind}" if who == "ours" else f"{task}_{who}_{kind}"
        result[f"{label}_{size}"] = float(error)
    result[f"peak_mib_{size}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def draw(found: dict[str, float], path: Path) -> None:
    """Times against the side of the picture, one panel a task."""
    from matplotlib.figure import Figure

    lines: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for key, value in found.items():
        if match := re.fullmatch(r"(rw|cf)_(\w+)_ms_(\d+)", key):
            lines[match[1], match[2]].append((int(match[3]), value))
    tasks = sorted({task for task, _ in lines}, reverse=True)
    figure = Figure(figsize=(5 * len(tasks), 4), layout="constrained")
    for axes, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True):
        for (of, name), points in lines.items():
            if of == task and name in NAMES:
                style = "o-" if NAMES[name].startswith("ours") else "s--"
                axes.loglog(*zip(*sorted(points), strict=True), style, label=NAMES[name])
        axes.set(title=TITLES[task], xlabel="side of the picture, pixels", ylabel="ms")
        sizes = sorted(size for size, _ in lines[task, "first"])
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", choices=("rw", "cf"), default=["rw", "cf"])
    names = sorted({peer for peers in PEERS.values() for peer in peers})
    parser.add_argument("--peers", nargs="*", choices=names, default=["bf", "pymatting"])
    parser.add_argument("--figure", type=Path, help="PNG or SVG of the times against the size")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if PARDISO in options.peers and find_spec("pypardiso") is None:
        parser.error("there is no PARDISO here; run pip install pypardiso, or leave it out")
    if options.figure and find_spec("matplotlib") is None:
        parser.error("a figure is drawn by matplotlib; run pip install matplotlib, or leave it out")
    found: dict[str, float] = {}
    kernels.make_ready()
    for task in options.tasks:
        chosen = [peer for peer in PEERS[task] if peer in options.peers]
        measure(task, 64, options.device, 1, chosen)  # compiles, warms up
        for size in sorted(options.sizes):
            new = measure(task, size, options.device, options.repeats, chosen)
            found.update(new)
            for name, value in new.items():
                print(f"{name:28} {value:.4g}", flush=True)
    write_figures(options.json, found)
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
