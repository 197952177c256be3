"""How the exact solver's time grows with the picture: random walker, first solve and strokes.

    python benchmarks/growth.py [--sizes 1024 2048] [--repeats 12] [--device cpu] [--json FILE]

Both sizes of each photograph are solved in turn, so that a computer that slows down for a while
does so for both; figures are the medians of the ratios of such pairs, and their quartiles. What is
measured is that of ``solvers.py``: ``growth_first``, ``growth_stroke``, ``growth_next``,
``growth_jump``, ``growth_ahead`` and ``growth_expected``.
"""

from __future__ import annotations

import argparse
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from figures import write_figures
from solvers import BETA, PICTURES, expected, ours, picture, start_of, strokes

from napari_deep_energy import kernels
from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.minimisers import NestedDissection
from napari_deep_energy.problem import Problem

KINDS = {"first": 0, "stroke": 1, "next": 3, "jump": 4, "ahead": 5, "expected": 6}
"""Places in the series of :func:`solvers.strokes`, and after it."""


def seconds(sizes: tuple[int, int], repeats: int, device: str) -> np.ndarray:
    """Of each solve of the series, of work ahead and of its stroke, (repeats, 2 sizes, 7)."""
    spec, engines = RandomWalker(BETA, hard_seeds=True), [NestedDissection() for _ in sizes]
    rows = []
    # The first round makes what is kept of a size, and does not count.
    for name in [PICTURES[0], *islice(cycle(PICTURES), repeats)]:
        row = []
        for engine, size in zip(engines, sizes, strict=True):
            image = picture(name, size)
            series = strokes(size)
            problems = [Problem.from_labels(image, each).to(device) for each in series]
            times = ours(spec, engine, problems)[0]
            row.append([*times, *expected(spec, engine, problems[:2], start_of(*series[:2]))])
        rows.append(row)
    return np.array(rows[1:])


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs=2, default=[1024, 2048])
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kernels.make_ready()
    times = seconds(tuple(options.sizes), options.repeats, options.device)
    found: dict[str, float] = {}
    for kind, place in KINDS.items():
        small, large = times[:, 0, place], times[:, 1, place]
        low, middle, high = np.quantile(large / small, (0.25, 0.5, 0.75))
        found |= {f"growth_{kind}": middle, f"growth_{kind}_quartile_1": low}
        found |= {f"growth_{kind}_quartile_3": high}
        print(
            f"{kind:8} {1000 * np.median(small):7.1f} ms {1000 * np.median(large):7.1f} ms"
            f"  {middle:.2f} times ({low:.2f} to {high:.2f})"
        )
    write_figures(options.json, found)


if __name__ == "__main__":
    main()
