"""How far strokes reach in a network's answer: coarse-to-fine against a pass at full size.

    python benchmarks/reach.py [--sizes 256 512 1024 2048] [--steps N] [--json FILE]

Two strokes as wide as a brush, on the same places of a photograph at growing sizes. An answer is
judged by the share of pixels that get the class of the exact minimiser of the same energy, and by
its energy over the optimum. Coarse-to-fine is what the product does: the network looks at a smaller
picture, and the steps down the energy begin with large blocks of pixels. "Full size" is the same
network and as many steps at the picture's own size. Photographs from scikit-image's wheel.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import show_figures, write_figures
from solvers import PICTURES, picture

from napari_deep_energy import kernels
from napari_deep_energy.energy import ENERGIES
from napari_deep_energy.minimisers import NestedDissection, NetworkMinimiser
from napari_deep_energy.networks import Checkpoint, bundled_for
from napari_deep_energy.problem import Problem

BRUSH = 10
"""Pixels across, at any size."""
NO_LIMIT = 10**9


def strokes(size: int) -> np.ndarray:
    """One of each class, near two corners: most of a large picture is far from both."""
    labels, place, length = np.zeros((size, size), int), size // 8, size // 16
    labels[place : place + BRUSH, place : place + length] = 2
    labels[-place - BRUSH : -place, -place - length : -place] = 1
    return labels


def measure(energy_name: str, size: int, steps: int | None) -> dict[str, float]:
    """Medians over the photographs of one energy at one size."""
    spec, found, exact = ENERGIES["segment", energy_name], defaultdict(list), NestedDissection()
    checkpoint = Checkpoint.load(bundled_for(spec))
    ways = {"": NetworkMinimiser(checkpoint, steps=steps)}
    ways["_full_size"] = NetworkMinimiser(checkpoint, steps=steps, working_size=NO_LIMIT)
    for name in PICTURES:
        problem = Problem.from_labels(picture(name, size), strokes(size))
        energy = spec.energy(problem)
        best = exact.minimise(problem, energy)
        found["exact_ms"].append(1000 * best.seconds)
        for way, engine in ways.items():
            solution = engine.minimise(problem, energy)
            agree = (solution.x.argmax(0) == best.x.argmax(0)).float().mean().item()
            found[f"agreement{way}"].append(agree)
            found[f"ratio{way}"].append(solution.energy / best.energy)
            found[f"ms{way}"].append(1000 * solution.seconds)
    return {f"{energy_name}_{key}_{size}": float(np.median(v)) for key, v in found.items()}


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048])
    parser.add_argument("--energies", nargs="+", default=["paper", "colour"])
    parser.add_argument("--steps", type=int, help="down the energy after the pass")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kernels.make_ready()
    figures: dict[str, float] = {}
    for name in options.energies:
        for size in options.sizes:
            new = measure(name, size, options.steps)
            figures.update(new)
            show_figures(new)
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
