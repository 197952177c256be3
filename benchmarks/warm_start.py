"""What a network's answer saves a minimiser that iterates: steps and time, beside a cold start.

    python benchmarks/warm_start.py [--sizes 256 512] [--within 0.01] [--json FILE]

Conjugate gradients, scaled by the diagonal, go down one energy until they are within so much of its
optimum: from the network's answer (warm), and from what the seeds and the prior say of each pixel
by itself (cold). The network's own time is counted. The exact solver needs no start; its time is
given to compare. Medians over photographs from scikit-image's wheel.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
import torch
from figures import show_figures, write_figures
from solvers import PICTURES, picture, strokes

from napari_deep_energy import kernels
from napari_deep_energy.energy import ENERGIES
from napari_deep_energy.minimisers import NestedDissection, NetworkMinimiser, descend
from napari_deep_energy.networks import Checkpoint, bundled_for
from napari_deep_energy.problem import Problem

if TYPE_CHECKING:
    from napari_deep_energy.energy import QuadraticEnergy, Stencil

MOST = 4096
"""Steps; who needs more is said to need so many."""


def steps_to(
    energy: QuadraticEnergy, stencil: Stencil, x: torch.Tensor, wanted: float
) -> tuple[int, float]:
    """Fewest steps from x to an energy of at most ``wanted``, and their milliseconds."""

    def reached(steps: int) -> bool:
        return float(energy(descend(energy, stencil, x, steps))) <= wanted

    few, many = 0, 1
    if reached(0):
        return 0, 0.0
    while many < MOST and not reached(many):
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if reached(middle) else (middle, many)
    start = time.perf_counter()
    descend(energy, stencil, x, many)
    return many, 1000 * (time.perf_counter() - start)


def measure(task: str, name: str, size: int, within: float) -> dict[str, float]:
    """Medians over the photographs of one energy at one size."""
    spec, found, exact = ENERGIES[task, name], defaultdict(list), NestedDissection()
    network = NetworkMinimiser(Checkpoint.load(bundled_for(spec)), steps=0)
    for photograph in PICTURES:
        problem = Problem.from_labels(picture(photograph, size), strokes(size)[1])
        problem = (problem.as_matting() if task == "matte" else problem).to(dtype=torch.float64)
        energy = spec.energy(problem)
        best, guess = exact.minimise(problem, energy), network.minimise(problem, energy)
        stencil = energy.laplacian.stencil().to(energy.targets)
        wanted = (1 + within) * best.energy
        starts = {
            "warm": (guess.x[None].double(), 1000 * guess.seconds),
            "cold": (energy.targets, 0),
        }
        for start, (x, spent) in starts.items():
            steps, milliseconds = steps_to(energy, stencil, x, wanted)
            found[f"{start}_steps"].append(steps)
            found[f"{start}_ms"].append(spent + milliseconds)
        found["exact_ms"].append(1000 * best.seconds)
    return {f"{task}_{name}_{key}_{size}": float(np.median(v)) for key, v in found.items()}


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--within", type=float, default=0.01, help="of the optimum")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kernels.make_ready()
    figures: dict[str, float] = {}
    for task, name in (("segment", "colour"), ("segment", "paper"), ("matte", "paper")):
        for size in options.sizes:
            new = measure(task, name, size, options.within)
            figures.update(new)
            show_figures(new)
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
