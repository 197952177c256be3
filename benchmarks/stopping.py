"""How long a user may wait for a stop: the longest time between two looks at whether to go on.

    python benchmarks/stopping.py [--sizes 1024 2048 4096] [--task segment] [--energy colour]
        [--where] [--json FILE]

Of the exact solver, on the CPU: ``prepare`` is before the first stroke, ``first`` its answer,
``ahead`` what is done for a stroke that is expected, ``stroke`` the answer to that. With
``--where`` the places are named that the five longest of each lie between. Other work on the
machine lengthens them all.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

from figures import write_figures
from solvers import picture, start_of, strokes

from napari_deep_energy import kernels
from napari_deep_energy.interactive import InteractiveSolver, make_spec

if TYPE_CHECKING:
    from collections.abc import Callable


class Looks:
    """A ``stop`` that is never true, and notes when and where it was asked."""

    def __init__(self) -> None:
        self.waits: list[tuple[float, str, str]] = []
        self._last = time.perf_counter(), "the beginning"

    def note(self, place: str) -> None:
        """Here somebody looked."""
        now = time.perf_counter()
        self.waits.append((now - self._last[0], self._last[1], place))
        self._last = time.perf_counter(), place

    def __call__(self) -> bool:
        frame, places = sys._getframe(1), []
        while frame is not None and len(places) < 4:
            code = frame.f_code
            if code.co_name not in ("check", "strips"):
                places.append(f"{Path(code.co_filename).stem}.{code.co_name}:{frame.f_lineno}")
            frame = frame.f_back
        self.note(" < ".join(places))
        return False


def waits_of(call: Callable[[Looks], object]) -> list[tuple[float, str, str]]:
    """Waits of a call, the longest first."""
    looks = Looks()
    call(looks)
    looks.note("the end")
    return sorted(looks.waits, reverse=True)


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--task", choices=["segment", "matte"], default="segment")
    parser.add_argument("--energy", default="colour")
    parser.add_argument("--where", action="store_true", help="name the places")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kernels.make_ready()
    spec = make_spec(options.task, options.energy)
    # The network that knows objects is read once in a process, at the first picture.
    InteractiveSolver(picture("astronaut", 64), (64, 64), spec).solve(strokes(64)[0])
    figures: dict[str, float] = {}
    for size in options.sizes:
        labels, more = strokes(size)[:2]
        start = start_of(labels, more)
        solver = InteractiveSolver(picture("astronaut", size), labels.shape, spec, device="cpu")
        calls: dict[str, Callable[[Looks], object]] = {
            "prepare": lambda stop, s=solver: s.prepare("analytic", stop),
            "first": lambda stop, s=solver, seeds=labels: s.solve(seeds, "analytic", stop),
            "ahead": lambda stop, s=solver, at=start: s.expect_stroke(*at, stop),
            "stroke": lambda stop, s=solver, seeds=more: s.solve(seeds, "analytic", stop),
        }
        for name, call in calls.items():
            found = waits_of(call)
            longest = 1000 * found[0][0]
            figures[f"longest_ms_{name}_{size}"] = longest
            print(f"{size:>6} {name:>8}: {longest:.0f} ms of {sum(w[0] for w in found):.1f} s")
            for wait, before, after in found[: 5 * options.where]:
                print(f"{1000 * wait:10.0f} ms from {before}\n{'to':>17} {after}")
        del solver, calls
    write_figures(options.json, figures)


if __name__ == "__main__":
    main()
