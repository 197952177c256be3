"""Time of the network and of the exact solver at the sizes of the paper's Table 2.

    python benchmarks/quick.py [--device cpu] [--sizes 128 256 512] [--json FILE]

Both engines answer the same strokes on the same photograph, in one process, repeats interleaved;
the figures are medians in milliseconds and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
from figures import write_figures
from skimage import data
from skimage.transform import resize

from napari_deep_energy.interactive import InteractiveSolver, make_spec
from napari_deep_energy.networks import load_model

TASKS = {"rw": "segment", "cf": "matte"}


def problem(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A photograph of ``size`` x ``size`` with one stroke on its subject and one around it."""
    image = resize(data.astronaut(), (size, size), anti_aliasing=True, preserve_range=True)
    labels = np.zeros((size, size), int)
    n = size // 32
    labels[8 * n : 10 * n, 13 * n : 15 * n] = 1
    labels[20 * n : 26 * n, 13 * n : 15 * n] = 1
    labels[:, :n] = labels[:n] = labels[: 20 * n, -n:] = 2
    return image.astype(np.uint8), labels


def measure(task: str, size: int, device: str, repeats: int) -> dict[str, float]:
    """Median milliseconds of each engine, from a new picture to its answer."""
    image, labels = problem(size)
    times: dict[str, list[float]] = {"network": [], "analytic": []}
    model = load_model(None, task)
    for _ in range(repeats + 1):
        for engine, values in times.items():
            spec = make_spec(task, "paper")  # the energy that both engines minimise
            solver = InteractiveSolver(image, labels.shape, spec, model, device)
            start = time.perf_counter()
            solver.solve(labels, engine)
            values.append(1000 * (time.perf_counter() - start))
    return {engine: statistics.median(values[1:]) for engine, values in times.items()}


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256, 512])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures: dict[str, float] = {}
    print(f"{'':14}{'network':>12}{'analytic':>12}{'ratio':>8}")
    for short, task in TASKS.items():
        for size in options.sizes:
            ms = measure(task, size, options.device, options.repeats)
            ratio = ms["analytic"] / ms["network"]
            print(f"{task:8}{size:5} {ms['network']:9.1f} ms{ms['analytic']:9.1f} ms{ratio:8.1f}")
            for engine, value in ms.items():
                figures[f"{short}_{engine}_ms_{size}"] = round(value, 3)
            figures[f"{short}_ratio_{size}"] = round(ratio, 3)
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
