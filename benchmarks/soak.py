"""An hour of random use in a real viewer: no exception, no leaked thread, flat memory.

    python benchmarks/soak.py --minutes 60 --seed 1 --json soak.json

Strokes, undo, layers added, deleted, renamed and moved, docks opened and closed, tasks, engines and
settings switched, in an order that the seed decides. Exceptions are those of Qt's callbacks and of
threads, and errors in the log. Exit code 1 if there was one, or threads or memory grew.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import logging
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil
from qtpy.QtTest import QTest
from random_user import User

if TYPE_CHECKING:
    import napari

WARM_UP = 0.25
"""Share of the time after which memory should be flat."""
ALLOWED_GROWTH = 200.0
"""MiB from then to the end: allocators and caches take their time; a leaked picture an action
would be far more."""

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
    """MiB of the process, a dozen times."""
    threads_before: int = 0
    threads_after: int = 0
    """Threads of Python, with all docks closed."""
    answers: int = 0
    """How often a dock showed one."""

    @property
    def growth(self) -> float:
        """MiB from the end of the warm-up, its largest value, to the least of the last quarter."""
        tail = self.memory[int(WARM_UP * len(self.memory)) :]
        quarter = max(1, len(tail) // 4)
        return min(tail[-quarter:]) - max(tail[:quarter]) if tail else 0.0

    @property
    def failures(self) -> list[str]:
        """Why it is not good; empty if it is."""
        found = [f"{len(self.exceptions)} exceptions"] if self.exceptions else []
        if self.threads_after > self.threads_before:
            found.append(f"{self.threads_after - self.threads_before} threads are left")
        if self.growth > ALLOWED_GROWTH:
            found.append(f"memory grew by {self.growth:.0f} MiB")
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


def soak(viewer: napari.Viewer, report: Report, pause: float = 0.03) -> Report:
    """Use the viewer for ``report.minutes``; Qt's events are handled between the actions."""
    process = psutil.Process()
    handler = watch(report)
    user = User(viewer, report.seed)
    report.threads_before = len(_threads())
    user.begin()
    began, marks = time.monotonic(), 0
    while (done := (time.monotonic() - began) / (60 * report.minutes)) < 1:
        try:
            user.act()
        except Exception:
            report.exceptions.append(traceback.format_exc())
        QTest.qWait(int(1000 * pause * (1 + 5 * (user.random.random() < 0.1))))
        if done * 24 >= marks:
            marks += 1
            gc.collect()
            report.memory.append(process.memory_info().rss / 2**20)
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
    with TemporaryDirectory() as folder:  # what is chosen at random is not what the user chose
        os.environ.update(dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder))
        return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Open a viewer, use it, and print; 0 if all was well."""
    import napari

    viewer = napari.Viewer()
    report = soak(viewer, Report(arguments.seed, arguments.minutes))
    viewer.close()
    print(f"{sum(report.actions.values())} actions, {report.answers} answers, seed {report.seed}")
    first, last = report.memory[0], report.memory[-1]
    print(f"memory {first:.0f} -> {last:.0f} MiB, {report.growth:.0f} more since the warm-up")
    print(f"threads {report.threads_before} -> {report.threads_after}")
    for text in report.exceptions:
        print(text)
    print("; ".join(report.failures) or "no exception, no leaked thread, flat memory")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(asdict(report), indent=2) + "\n")
    return int(bool(report.failures))


if __name__ == "__main__":
    sys.exit(main())
