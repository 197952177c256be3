"""An hour of random use in a real viewer: no exception, no leaked thread, flat memory.

    python benchmarks/soak.py --minutes 60 --seed 1 --json soak.json

Strokes, undo, layers added, deleted, renamed and moved, docks opened and closed, tasks, engines and
settings switched, in an order that the seed decides. Exceptions are those of Qt's callbacks and of
threads, and errors in the log. Exit code 1 if there was one, or threads or memory grew.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from qtpy.QtTest import QTest

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

WARM_UP = 0.25
"""Share of the time after which memory should be flat."""
ALLOWED_GROWTH = 200.0
"""MiB from then to the end: allocators and caches take their time; a leaked picture an action
would be far more."""
MOST_LAYERS = 12
PATIENCE = 120
"""Seconds to wait for the very first answers."""


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


class User:
    """Does something at random, again and again."""

    def __init__(self, viewer: napari.Viewer, report: Report) -> None:
        self.viewer = viewer
        self.report = report
        self.random = np.random.default_rng(report.seed)
        self.docks: dict[str, tuple[object, object]] = {}
        self.undone = 0
        self.actions: list[tuple[float, Callable[[], None]]] = [
            (8, self.paint), (2, self.undo), (1, self.redo), (1, self.fill), (1, self.erase),
            (1, self.add_image), (1, self.new_strokes), (0.7, self.delete_layer),
            (1, self.rename_layer), (1, self.move_layer), (1, self.hide_layer),
            (0.2, self.clear), (2, self.open_dock), (1, self.close_dock), (1, self.switch_task),
            (2, self.wait),
            (1, self.switch_engine), (1, self.change_setting), (1, self.toggle_live),
            (1, self.solve), (1, self.cancel), (1, self.flip), (0.5, self.select_layer),
        ]  # fmt: skip

    def act(self) -> None:
        """One action."""
        weights = np.array([weight for weight, _ in self.actions])
        place = self.random.choice(len(self.actions), p=weights / weights.sum())
        action = self.actions[place][1]
        name = action.__name__
        self.report.actions[name] = self.report.actions.get(name, 0) + 1
        action()

    def pick(self, among: list[object]) -> object | None:
        """One of them, None if there is none."""
        return among[self.random.integers(len(among))] if among else None

    @property
    def dock(self) -> object | None:
        """The main dock, if it is open."""
        return self.docks.get("Deep Energy", (None, None))[1]

    @property
    def seeds(self) -> object | None:
        """The layer that the dock takes strokes from."""
        return self.dock.seeds_layer if self.dock else None

    def prepare(self) -> None:
        """What a user needs first: a picture, the dock, a layer to paint on."""
        while self.dock is None:
            self.open_dock()
        if self.dock.image_layer is None:
            self.add_image()
        if self.seeds is None:
            self.dock.new_strokes()

    def begin(self) -> None:
        """Both tasks by both engines once, so that all that is loaded late is loaded."""
        for task in ("segment", "matte"):
            self.prepare()
            self.dock.task, self.dock.engine, self.dock.live = task, "both", True
            before = self.report.answers
            for label, place in ((1, (5, 5)), (2, (15, 15)), (1, (5, 15))):
                self.seeds.paint(place, label)
            deadline = time.monotonic() + PATIENCE
            while self.report.answers == before and time.monotonic() < deadline:
                QTest.qWait(50)

    def wait(self) -> None:
        """Look at the answer, if it does not take too long."""
        deadline = time.monotonic() + 3
        QTest.qWait(100)
        while self.dock and self.dock.session.runner.is_busy and time.monotonic() < deadline:
            QTest.qWait(50)

    def paint(self) -> None:
        """A stroke of a few dabs."""
        self.prepare()
        seeds = self.seeds
        if seeds is None:
            return
        height, width = seeds.data.shape[-2:]
        place = self.random.random(2) * (height, width)
        label = int(self.random.integers(1, 4))
        with seeds.block_history():
            for _ in range(self.random.integers(1, 12)):
                seeds.paint(tuple(place.astype(int)), label)
                place = np.clip(place + self.random.normal(0, 4, 2), 0, (height - 1, width - 1))

    def erase(self) -> None:
        """A dab of label 0."""
        seeds = self.seeds
        if seeds is not None:
            seeds.paint(tuple(self.random.integers(0, seeds.data.shape[-2:])), 0)

    def fill(self) -> None:
        """A bucket of paint."""
        seeds = self.seeds
        if seeds is not None and len(np.unique(seeds.data)) < 4:
            seeds.fill((0, 0), int(self.random.integers(0, 3)))

    def undo(self) -> None:
        """Take a stroke back."""
        if self.seeds is not None:
            self.seeds.undo()

    def redo(self) -> None:
        """Make it again."""
        if self.seeds is not None:
            self.seeds.redo()

    def add_image(self) -> None:
        """A picture of another size, grey or in colour."""
        if len(self.viewer.layers) < MOST_LAYERS:
            shape = tuple(self.random.integers(20, 120, 2))
            colour = (3,) if self.random.random() < 0.5 else ()
            picture = self.random.integers(0, 255, (*shape, *colour), np.uint8)
            self.viewer.add_image(picture, rgb=bool(colour))  # napari takes a small one for a stack

    def new_strokes(self) -> None:
        """A layer to paint on."""
        if self.dock is not None and len(self.viewer.layers) < MOST_LAYERS:
            self.dock.new_strokes()

    def delete_layer(self) -> None:
        """Any layer, whoever made it."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            self.viewer.layers.remove(layer)

    def clear(self) -> None:
        """All layers at once."""
        self.viewer.layers.clear()

    def rename_layer(self) -> None:
        """Any layer."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            layer.name = f"layer {self.random.integers(5)}"

    def move_layer(self) -> None:
        """To the bottom."""
        if self.viewer.layers:
            self.viewer.layers.move(int(self.random.integers(len(self.viewer.layers))), 0)

    def hide_layer(self) -> None:
        """Or show it."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            layer.visible = not layer.visible

    def select_layer(self) -> None:
        """Make it the active one."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            self.viewer.layers.selection.active = layer

    def open_dock(self) -> None:
        """The main dock, or the comparison."""
        from napari_deep_energy._widgets import CompareWidget, DeepEnergyWidget

        kinds = {"Deep Energy": DeepEnergyWidget, "Compare": CompareWidget}
        name = "Deep Energy" if self.random.random() < 0.7 else "Compare"
        if name not in self.docks:
            widget = kinds[name](self.viewer)
            self.docks[name] = (self.viewer.window.add_dock_widget(widget, name=name), widget)
            if name == "Deep Energy":
                widget.solved.connect(self._on_solved)

    def _on_solved(self, solutions: object) -> None:
        self.report.answers += 1

    def close_dock(self) -> None:
        """As by the menu, for good."""
        name = self.pick(list(self.docks))
        if name is not None and self.random.random() < 0.3:
            self._close(str(name))

    def close_all(self) -> None:
        """The end of the session."""
        for name in list(self.docks):
            self._close(name)

    def _close(self, name: str) -> None:
        _, widget = self.docks.pop(name)
        self.viewer.window.remove_dock_widget(widget)
        widget.deleteLater()

    def switch_task(self) -> None:
        """Segment or matte."""
        if self.dock is not None:
            self.dock.task = str(self.random.choice(["segment", "matte"]))

    def switch_engine(self) -> None:
        """Network, exact or both."""
        if self.dock is not None:
            self.dock.engine = str(self.random.choice(["network", "analytic", "both"]))

    def change_setting(self) -> None:
        """A number of the form."""
        if self.dock is not None:
            session = self.dock.session
            beta = float(10 ** self.random.uniform(0, 4))
            session.set_choices(replace(session.choices, beta=beta))

    def toggle_live(self) -> None:
        """On more often than off."""
        if self.dock is not None:
            self.dock.live = bool(self.random.random() < 0.7)

    def solve(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.solve_once()

    def cancel(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.cancel()

    def flip(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.flip()


class _ErrorLog(logging.Handler):
    """Notes errors that were logged instead of raised."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.ERROR)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report.exceptions.append(self.format(record))


def watch(report: Report) -> logging.Handler:
    """Note what would otherwise be printed: exceptions of callbacks and threads, logged errors."""

    def note(kind: type[BaseException], error: BaseException | None, trace: object) -> None:
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
    user = User(viewer, report)
    report.threads_before = threading.active_count()
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
    viewer.layers.clear()
    QTest.qWait(500)
    gc.collect()
    deadline = time.monotonic() + 30  # a thread that is inside torch ends when it is through
    while threading.active_count() > report.threads_before and time.monotonic() < deadline:
        QTest.qWait(100)
    report.threads_after = threading.active_count()
    logging.getLogger("napari_deep_energy").removeHandler(handler)
    return report


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
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
