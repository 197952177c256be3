"""The plugin at work in a real viewer, step by step, with its window and results written down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication
from skimage import data

from .. import samples
from ..inputs import Inputs
from ..interactive import make_spec
from ..results import write_comparison

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Labels

    from ..minimisers import Solution
    from .dock import DeepEnergyWidget

PATIENCE = 300
"""Seconds to wait for one answer."""


def run(output: Path, stay: bool = False) -> dict[Path, str]:
    """Play the demonstration; returns the files that it wrote, each with what it shows."""
    output.mkdir(parents=True, exist_ok=True)
    viewer = napari.Viewer()
    window = viewer.window
    window.resize(1580, 990)
    _, dock = window.add_plugin_dock_widget("napari-deep-energy", "Deep Energy")
    window.add_plugin_dock_widget("napari-deep-energy", "Compare")
    written: dict[Path, str] = {}
    for task, name, strokes in (
        ("segment", "astronaut", samples.ASTRONAUT),
        ("matte", "chelsea", samples.CHELSEA),
    ):
        viewer.layers.clear()
        image = getattr(data, name)()
        dock.image_layer = viewer.add_image(image, name=name)
        viewer.reset_view()
        dock.task, dock.engine, dock.live = task, "both", True
        seeds = dock.new_strokes()
        solutions = paint(dock, seeds, strokes)
        written |= keep(output / task, viewer, Inputs(image, seeds.data, name), solutions, task)
    if stay:
        napari.run()
    else:
        viewer.close()
    return written


def paint(dock: DeepEnergyWidget, seeds: Labels, strokes: samples.Strokes) -> dict[str, Solution]:
    """Paint as a hand does, stroke after stroke, and wait for the last exact answer."""
    answers: list[dict[str, Solution]] = []
    dock.solved.connect(answers.append)
    seeds.brush_size = 9
    for label, polylines in strokes.items():
        for corners in polylines:
            for point in along(corners):
                seeds.paint(point, label)
                QApplication.processEvents()
    answers.clear()
    dock.solve_once()
    deadline = time.monotonic() + PATIENCE
    while not answers:
        QApplication.processEvents()
        time.sleep(0.01)
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer within {PATIENCE} s; the dock says: {dock.state}")
    dock.solved.disconnect(answers.append)
    return answers[-1]


def along(corners: samples.Polyline, step: float = 4.0) -> list[tuple[float, float]]:
    """Points ``step`` pixels apart along a polyline."""
    points = np.array(corners, float)
    lengths = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    places = np.arange(0, lengths[-1], step)
    rows, columns = (np.interp(places, lengths, points[:, axis]) for axis in (0, 1))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def keep(
    folder: Path, viewer: Any, inputs: Inputs, solutions: dict[str, Solution], task: str
) -> dict[Path, str]:
    """Write the window's picture, both results and the table of the comparison."""
    for _ in range(20):  # let the layers and the table be drawn
        QApplication.processEvents()
        time.sleep(0.02)
    write_comparison(folder, inputs, solutions, make_spec(task))
    picture = folder / "window.png"
    viewer.screenshot(str(picture), canvas_only=False, flash=False)
    return {
        picture: f"the window, to look at ({task})",
        folder / "comparison.csv": "network against the exact solver",
        folder / "network": "the network's answer",
        folder / "analytic": "the exact answer",
    }
