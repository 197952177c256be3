"""Tiled against untiled, the cost of large pictures, and volumes against scikit-image.

    python benchmarks/scale.py [--parts seams cost volumes] [--volumes 64x64x64 ...] [--json FILE]

``seams``: largest difference in probability between the tiled run and the exact solver on the
whole picture, and labels that differ where there is no tie; and of the network, in tiles and in
one. ``cost``: seconds a megapixel and peak memory of a tiled run, each in a process of its own.
``volumes``: see :mod:`volumes`. Seconds are those of the processor, so that other programs do not
count, and of one thread, as those that wait for each other in a spin would count as at work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from figures import write_figures
from skimage import data
from volumes import KINDS, PEERS, compare

from napari_deep_energy import kernels
from napari_deep_energy.energy import DEFAULT, ClosedFormMatting, RandomWalker
from napari_deep_energy.interactive import InteractiveSolver
from napari_deep_energy.tiled import plan_tiled, predict_tiled, solve_tiled

TILE = 512
TIE = 1e-5
PARTS = ("seams", "cost", "volumes")


def picture(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Photographs side by side, each at 512 x 512, with strokes of three classes on some."""
    one = data.astronaut()
    repeats = -(-size // 512)
    flips = [one, one[:, ::-1], one[::-1], one[::-1, ::-1]]
    rows = [np.concatenate([flips[(i + j) % 4] for j in range(repeats)], 1) for i in range(repeats)]
    image = np.ascontiguousarray(np.concatenate(rows)[:size, :size])
    labels = np.zeros((size, size), np.uint8)
    n = size // 32
    labels[8 * n : 10 * n, 13 * n : 15 * n] = 1
    labels[20 * n : 26 * n, 13 * n : 15 * n] = 1
    labels[:, :n] = labels[:n] = 2
    labels[28 * n : 30 * n, 5 * n : 25 * n] = 3
    return image, labels


SPECS = {"colour": DEFAULT, "paper": RandomWalker(), "matte": ClosedFormMatting()}


def seams(sizes: list[int], name: str) -> dict[str, float]:
    """Largest difference and labels that differ, tiled against whole."""
    spec = SPECS[name]
    figures: dict[str, float] = {}
    for size in sizes:
        image, labels = picture(size)
        whole = InteractiveSolver(image, labels.shape, spec).solve(labels, "analytic")["analytic"]
        with tempfile.TemporaryDirectory() as folder:
            tiled = solve_tiled(image, labels, Path(folder) / "out", spec, tile=TILE)
            x = np.asarray(tiled.read()).reshape(-1, size, size)
        expected = whole.probabilities[: len(x)]
        figures[f"tiled_max_diff_{name}_{size}"] = float(np.abs(x - expected).max())
        if spec.task == "segment":
            best = np.sort(expected, 0)
            flips = (x.argmax(0) != expected.argmax(0)) & (best[-1] - best[-2] > TIE)
            figures[f"tiled_flips_{name}_{size}"] = int(flips.sum())
        print({key: value for key, value in figures.items() if key.endswith(str(size))})
    return figures


def network_seams(size: int) -> dict[str, float]:
    """Largest difference of the network's answers, in tiles against one tile for the whole."""
    image, labels = picture(size)
    figures = {}
    for name, spec in SPECS.items():
        with tempfile.TemporaryDirectory() as folder:
            in_tiles, whole = (
                np.asarray(predict_tiled(image, labels, Path(folder) / str(t), spec, tile=t).read())
                for t in (TILE // 2, size)
            )
        figures[f"tiled_max_diff_network_{name}_{size}"] = float(np.abs(in_tiles - whole).max())
    print(figures)
    return figures


def tiled_in_this_process(size: int) -> None:
    """Print seconds, peak memory and what was estimated; run in a process of its own."""
    image, labels = picture(size)
    needs = plan_tiled(image, labels, DEFAULT, TILE).estimate
    kernels.make_ready()  # a small run would end before they are there
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        solve_tiled(image, labels, Path(folder) / "out", tile=TILE)
        seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    own = image.nbytes + labels.nbytes  # which a picture on disk would not take
    print(json.dumps({"seconds": seconds, "peak": peak - own, "estimate": needs.memory}))


def cost(sides: list[int]) -> dict[str, float]:
    """Cost a megapixel and peak memory at the smallest and the largest side."""
    runs = {}
    for side in sides:
        command = [sys.executable, __file__, "--one", str(side)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs[side] = json.loads(done.stdout)
        print(side, runs[side])
    first, last = runs[sides[0]], runs[sides[-1]]
    per = {side: run["seconds"] / (side * side / 2**20) for side, run in runs.items()}
    return {
        **{f"tiled_seconds_per_mpx_{side}": round(value, 3) for side, value in per.items()},
        **{f"tiled_peak_mib_{side}": round(run["peak"] / 2**20) for side, run in runs.items()},
        **{f"estimate_mib_{side}": round(run["estimate"] / 2**20) for side, run in runs.items()},
        "cost_ratio_16mpx": round(per[sides[-1]] / per[sides[0]], 3),
        "tiled_memory_growth": round(last["peak"] / first["peak"], 3),
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048])
    parser.add_argument("--sides", type=int, nargs="+", default=[1024, 4096])
    parser.add_argument("--volumes", nargs="+", default=["32x32x32", "64x64x64"])
    parser.add_argument("--modes", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--kind", choices=KINDS, default="blobs")
    parser.add_argument("--limit", type=float, default=600, help="seconds until a peer is ended")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.one:
        tiled_in_this_process(options.one)
        return
    figures: dict[str, float] = {}
    if "seams" in options.parts:
        figures |= seams(options.sizes, "colour") | seams(options.sizes, "paper")
        figures |= seams([512, 800], "matte") | network_seams(1024)
        figures["tiled_max_diff"] = max(v for k, v in figures.items() if "max_diff" in k)
    if "cost" in options.parts:
        figures |= cost(options.sides)
    if "volumes" in options.parts:
        sizes = [tuple(int(n) for n in size.split("x")) for size in options.volumes]
        figures |= compare(sizes, options.kind, options.modes, options.limit)
    print(json.dumps(figures, indent=2))
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
