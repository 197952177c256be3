"""An hour of random use in a real viewer: no exception, no leaked thread, flat memory.

    python benchmarks/soak.py --minutes 60 --seed 1 --json soak.json

Strokes, undo, layers added, deleted, renamed and moved, docks opened and closed, tasks, engines and
settings switched, in an order that the seed decides. Exceptions are those of Qt's callbacks and of
threads, and errors in the log. Exit code 1 if there was one, or threads or memory grew.

Memory is read at rest: all layers are removed, Python's garbage is collected. It is flat if the
resident size grows by at most 5 % over the last half of the run, by a line through the readings of
that half (Theil and Sen's, which single readings do not move). Of a run under half an hour, half is
still warming up: there the bound is 200 MiB.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import logging
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from figures import write_figures
from qtpy.QtTest import QTest
from random_user import User
from scipy.stats import theilslopes

from napari_deep_energy.own_folders import use_own_folders

if TYPE_CHECKING:
    import napari

READINGS = 24
"""Of memory, evenly over the run."""
FLAT_PERCENT = 5.0
"""How much a run of ``LONG`` minutes or more may grow over its last half."""
LONG = 30
WARMING_MIB = 200.0
"""How much a shorter one may: allocators and caches take their time."""
MIB = 2**20

KEPT = ("nested-dissection", "compile")
"""Names of the solver's threads: as many as torch has, for as long as the process lives."""


@dataclass
class Report:
    """What happened."""

    seed: int
    minutes: float
    actions: dict[str, int] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """Resident MiB of the process, at rest."""
    asked_for: list[float] = field(default_factory=list)
    """MiB thereof that the C library's allocator has lent out at those times; the rest are
    libraries, Python's own small objects, and what the allocator keeps for the next request."""
    threads_before: int = 0
    threads_after: int = 0
    """Threads of Python, with all docks closed."""
    answers: int = 0
    """How often a dock showed one."""

    @property
    def growth(self) -> float:
        """MiB that memory grew by over the last half of the run."""
        half = self.memory[len(self.memory) // 2 :]
        if len(half) < 2:
            return 0.0
        return float(theilslopes(half).slope) * (len(half) - 1)

    @property
    def allowed_growth(self) -> float:
        """MiB over the last half that still count as flat."""
        if self.minutes < LONG:
            return WARMING_MIB
        return FLAT_PERCENT / 100 * self.memory[len(self.memory) // 2]

    @property
    def failures(self) -> list[str]:
        """Why it is not good; empty if it is."""
        found = [f"{len(self.exceptions)} exceptions"] if self.exceptions else []
        if self.threads_after > self.threads_before:
            found.append(f"{self.threads_after - self.threads_before} threads are left")
        if self.growth > self.allowed_growth:
            found.append(f"memory grew by {self.growth:.0f} MiB over the last half")
        return found


def _threads() -> list[threading.Thread]:
    """Those that should end with what they were started for."""
    return [t for t in threading.enumerate() if not t.name.startswith(KEPT)]


class _ErrorLog(logging.Handler):
    """Notes errors that were logged instead of raised."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.ERROR)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report.exceptions.append(self.format(record))


def watch(report: Report) -> logging.Handler:
    """Note what would otherwise be printed: exceptions of callbacks and threads, logged errors."""

    def note(kind: type[BaseException], error: BaseException | None, _: object) -> None:
        report.exceptions.append("".join(traceback.format_exception(error)))

    sys.excepthook = note  # type: ignore[assignment]
    threading.excepthook = lambda what: note(what.exc_type, what.exc_value, what.exc_traceback)
    handler = _ErrorLog(report)
    logging.getLogger("napari_deep_energy").addHandler(handler)
    return handler


def read_memory(user: User, report: Report) -> None:
    """Note what is held when nothing is open."""
    user.clear()
    user.wait()
    QTest.qWait(200)
    gc.collect()
    report.memory.append(psutil.Process().memory_info().rss / MIB)
    heap = psutil.heap_info()
    report.asked_for.append((heap.heap_used + heap.mmap_used) / MIB)


def soak(viewer: napari.Viewer, report: Report, pause: float = 0.03) -> Report:
    """Use the viewer for ``report.minutes``; Qt's events are handled between the actions."""
    handler = watch(report)
    user = User(viewer, report.seed)
    report.threads_before = len(_threads())
    user.begin()
    began = time.monotonic()
    while (done := (time.monotonic() - began) / (60 * report.minutes)) < 1:
        try:
            user.act()
        except Exception:
            report.exceptions.append(traceback.format_exc())
        QTest.qWait(int(1000 * pause * (1 + 5 * (user.random.random() < 0.1))))
        if done * READINGS >= len(report.memory):
            read_memory(user, report)
    read_memory(user, report)
    user.close_all()
    QTest.qWait(200)
    viewer.layers.clear()
    QTest.qWait(500)
    gc.collect()
    deadline = time.monotonic() + 30  # a thread that is inside torch ends when it is through
    while len(_threads()) > report.threads_before and time.monotonic() < deadline:
        QTest.qWait(100)
    report.actions, report.answers = dict(user.done), user.answers
    report.threads_after = len(_threads())
    if report.threads_after > report.threads_before:
        print("threads:", *(thread.name for thread in _threads()), sep="\n  ")
    logging.getLogger("napari_deep_energy").removeHandler(handler)
    return report


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    faulthandler.enable()  # a crash tells where
    use_own_folders()  # what is chosen at random is not what the user chose
    return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Open a viewer, use it, and print; 0 if all was well."""
    import napari

    viewer = napari.Viewer()
    report = soak(viewer, Report(arguments.seed, arguments.minutes))
    viewer.close()
    print(f"{sum(report.actions.values())} actions, {report.answers} answers, seed {report.seed}")
    for name, readings in (("memory at rest", report.memory), ("asked for", report.asked_for)):
        some = readings[:: max(1, len(readings) // 6)]
        print(f"{name}: {' '.join(f'{reading:.0f}' for reading in some)} MiB")
    limit = f"at most {report.allowed_growth:.0f} count as flat"
    print(f"grown over the last half by {report.growth:.1f} MiB; {limit}")
    print(f"threads {report.threads_before} -> {report.threads_after}")
    for text in report.exceptions:
        print(text)
    print("; ".join(report.failures) or "no exception, no leaked thread, flat memory")
    write_figures(arguments.json, asdict(report))
    return int(bool(report.failures))


if __name__ == "__main__":
    sys.exit(main())
