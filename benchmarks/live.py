"""How closely the answer follows the brush, in a real viewer.

    python scripts/with_display.py --virtual python benchmarks/live.py --json live.json

512 x 512 RGB photograph, segmented by the exact solver (engine ``analytic``) in a window of
1280 x 800. A hand paints with mouse events on the canvas (press, a move every 8 ms, release), so
that napari's own work for a stroke, its drawing included, is part of every figure. Without a
graphics card that drawing takes both cores for a while at each move of the brush. Strokes count
from when the solver's kernels are there, compiled or loaded from the last time.

- ``release_ms_*``: from the release of the button until the exact answer is in the result layer;
  ``release_cpu_ms_median`` is the processor time of the whole process in between;
- ``preview_hz``: updates of the result layer a second while the brush is down;
- ``gui_block_ms_*``: time for which our code held the GUI thread without a break. All of it
  enters there by the callbacks of layers and the slots of Qt that ``responsiveness.py`` finds; each
  call is timed from outside, with all that it calls (napari's part of a layer's update, too), and
  nested calls count once. ``gui_block_cpu_ms_max`` is the same in processor time of the thread,
  which other work on the machine does not lengthen;
- ``beat_gap_ms_*``: pauses of Qt's event loop during further strokes, by a timer of 5 ms, with the
  plugin and (``_off``) without it: what the user feels, napari's drawing included;
- ``rss_growth_mib_1000``: resident memory of the viewer's process, the median over the last
  hundred of ``--strokes`` less that over the hundred from the 50th on. A single reading would say
  little: freed memory stays a while and goes back every 50 answers, some 100 MiB at a time. The
  memory of a child that makes previews is not in it;
- ``callbacks_before``, ``callbacks_after``: on all layers and lists, around 20 closings and
  openings of the dock.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from figures import write_figures
from hand import Hand, wander
from qtpy.QtTest import QTest
from responsiveness import Beats, Spans, time_entries
from skimage.data import astronaut

from napari_deep_energy.own_folders import use_own_folders

if TYPE_CHECKING:
    import napari

SIZE = 512
STEPS = 24
"""Moves of a stroke."""
WARM_UP = 50
"""Strokes before memory is first read."""
FRESH = 40
"""Strokes after which the user clears them and begins again, so that the picture does not fill."""
LONG_STROKE = 120
"""Moves of each stroke that previews are counted in."""
BEAT_STROKES = 20
"""Strokes of their own during which pauses of the event loop are measured."""
PATIENCE = 60


class Painter:
    """Paints strokes and notes when answers come."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        self.hand = Hand(viewer)
        self.random = np.random.default_rng(0)
        self.dock: Any = None
        self.solved = 0
        self.updates: list[float] = []

    def open_dock(self) -> None:
        """Open the dock and watch what it does."""
        _, self.dock = self.viewer.window.add_plugin_dock_widget(
            "napari-deep-energy", "Deep Energy"
        )
        self.dock.engine, self.dock.live = "analytic", True
        self.dock.solved.connect(self._on_solved)

    def _on_solved(self, solutions: object) -> None:
        self.solved += 1

    def _on_update(self, event: object = None) -> None:
        self.updates.append(time.perf_counter())

    def begin(self, seeds: Any) -> None:
        """The first strokes, without which there is no answer."""
        before = self.solved
        seeds.selected_label = 1
        self.hand.stroke([(100 + 4 * i, 230) for i in range(STEPS)])
        seeds.selected_label = 2
        self.hand.stroke([(30 + 4 * i, 40) for i in range(STEPS)])
        self.wait_for(before)

    def watch(self) -> None:
        """Note each update of the result layer."""
        self.dock.results["analytic", "labels"].events.set_data.connect(self._on_update)

    def wait_for(self, before: int) -> None:
        """Until there are more answers than that."""
        deadline = time.monotonic() + PATIENCE
        while self.solved <= before and time.monotonic() < deadline:
            QTest.qWait(1)
        if self.solved <= before:
            raise TimeoutError(f"no answer within {PATIENCE} s; the dock says: {self.dock.state}")

    def places(self, seeds: Any, steps: int) -> list[tuple[float, float]]:
        """Of a stroke with another label in hand than the last one."""
        seeds.selected_label = 3 - seeds.selected_label
        return wander(self.random, self.random.uniform(20, SIZE - 20, 2), steps, SIZE)

    def one(self, seeds: Any) -> tuple[float, float]:
        """A stroke; milliseconds from its end to the answer in the layer, of time and of work."""
        places = self.places(seeds, STEPS)
        self.hand.press(places[0])
        for place in places[1:]:
            self.hand.move(place)
        before, released, worked = self.solved, time.perf_counter(), time.process_time()
        self.hand.release(places[-1])
        self.wait_for(before)
        return 1000 * (self.updates[-1] - released), 1000 * (time.process_time() - worked)

    def preview_hz(self, seeds: Any) -> float:
        """Updates a second during one long stroke."""
        places = self.places(seeds, LONG_STROKE)
        self.hand.press(places[0])
        self.updates.clear()
        began = time.perf_counter()
        for place in places[1:]:
            self.hand.move(place)
        rate = len(self.updates) / (time.perf_counter() - began)
        before = self.solved
        self.hand.release(places[-1])
        self.wait_for(before)
        return rate


def callbacks(viewer: napari.Viewer) -> int:
    """How many functions listen to the viewer, its list and its layers."""
    groups = [viewer.events, viewer.dims.events, viewer.layers.events]
    groups += [layer.events for layer in viewer.layers]
    return sum(len(emitter.callbacks) for group in groups for emitter in group.emitters.values())


def clear(seeds: Any) -> None:
    """Remove all strokes, as one step that could be undone."""
    painted = np.nonzero(seeds.data)
    if len(painted[0]):
        seeds.data_setitem(painted, 0)


def wait_for_kernels() -> None:
    """Until the solver's compiled kernels are there: within a minute of the first stroke."""
    import torch

    from napari_deep_energy import kernels

    deadline = time.monotonic() + PATIENCE
    while not kernels.is_ready(torch.float32):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no kernels within {PATIENCE} s of the first stroke")
        QTest.qWait(50)


def without_plugin(painter: Painter, seeds: Any, beats: Beats, strokes: int) -> list[float]:
    """Pauses of the event loop while napari alone answers the hand."""
    beats.start()
    for _ in range(strokes):
        painter.hand.stroke(painter.places(seeds, STEPS))
    gaps = beats.stop()
    clear(seeds)
    return gaps


def paint(
    painter: Painter, seeds: Any, strokes: int
) -> tuple[list[tuple[float, float]], list[int]]:
    """What each stroke took, and the resident bytes after it."""
    times, memory, process = [], [], psutil.Process()
    for count in range(strokes):
        if count % FRESH == FRESH - 1:
            clear(seeds)
            painter.begin(seeds)
        times.append(painter.one(seeds))
        memory.append(process.memory_info().rss)
    return times, memory


def measure(viewer: napari.Viewer, strokes: int) -> dict[str, float]:
    """All figures."""
    spans, beats = Spans(), Beats()
    time_entries(spans)
    viewer.add_image(astronaut(), name="astronaut")
    seeds = viewer.add_labels(np.zeros((SIZE, SIZE), np.uint8), name="strokes")
    seeds.brush_size, seeds.mode = 10, "paint"
    QTest.qWait(500)
    painter = Painter(viewer)
    off = without_plugin(painter, seeds, beats, 5)
    painter.open_dock()
    QTest.qWait(500)
    viewer.reset_view()  # the dock takes a part of the canvas
    painter.begin(seeds)
    painter.watch()
    wait_for_kernels()
    painter.one(seeds)
    rates = [painter.preview_hz(seeds) for _ in range(3)]
    spans.clear()
    times, memory = paint(painter, seeds, strokes)
    beats.start()  # not before: a timer of 5 ms takes its share of the interpreter's lock
    for _ in range(BEAT_STROKES):
        painter.one(seeds)
    gaps = beats.stop()
    print(f"longest of each entry: {spans.worst()}")
    walls, processor = np.transpose(times)
    figures = {
        "release_ms_median": float(np.median(walls)),
        "release_ms_p95": float(np.percentile(walls, 95)),
        "release_cpu_ms_median": float(np.median(processor)),
        "preview_hz": float(np.median(rates)),
        "gui_block_ms_max": max(spans.wall),
        "gui_block_ms_p99": float(np.percentile(spans.wall, 99)),
        "gui_block_cpu_ms_max": max(spans.processor),
        "beat_gap_ms_p99": float(np.percentile(gaps, 99)),
        "beat_gap_ms_max": max(gaps),
        "beat_gap_ms_p99_off": float(np.percentile(off, 99)),
        "beat_gap_ms_max_off": max(off),
        "strokes": strokes,
    }
    if len(memory) >= 2 * WARM_UP:
        figures["rss_growth_mib_1000"] = growth_of(memory) / 2**20
    return figures | closings(viewer, painter)


def growth_of(memory: list[int]) -> float:
    """From the strokes after the warm-up to the last ones."""
    count = min(100, (len(memory) - WARM_UP) // 2)
    return float(np.median(memory[-count:]) - np.median(memory[WARM_UP : WARM_UP + count]))


def closings(viewer: napari.Viewer, painter: Painter) -> dict[str, float]:
    """Callbacks with the dock open, before and after 20 closings and openings."""
    opened = callbacks(viewer)
    for _ in range(20):
        viewer.window.remove_dock_widget(painter.dock)
        painter.dock.deleteLater()
        QTest.qWait(20)
        painter.open_dock()
        QTest.qWait(20)
    return {"callbacks_before": opened, "callbacks_after": callbacks(viewer)}


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strokes", type=int, default=1000, help="fewer are faster")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    use_own_folders()
    import napari

    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    figures = measure(viewer, arguments.strokes)
    figures["load_average"] = os.getloadavg()[0]
    viewer.close()
    for name, value in figures.items():
        print(f"{name:24} {value:10.1f}")
    write_figures(arguments.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
