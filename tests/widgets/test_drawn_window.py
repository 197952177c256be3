"""What only a window that has been drawn can show, in its own process: failures are crashes."""

from __future__ import annotations

import subprocess
import sys

CLEAR_AND_LEAVE = """
import time

import napari
import numpy as np
from qtpy.QtWidgets import QApplication


def wait(seconds=60.0, until=lambda: False):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        QApplication.processEvents()
        time.sleep(0.01)


viewer = napari.Viewer()
_, dock = viewer.window.add_plugin_dock_widget("napari-deep-energy", "Deep Energy")
dock.engine = "analytic"
viewer.add_image(np.random.default_rng(0).integers(0, 255, (192, 256, 3), np.uint8))
strokes = dock.new_strokes()
strokes.brush_size = 8
strokes.paint((50, 50), 1)
strokes.paint((150, 150), 2)
wait(until=lambda: dock.results)
assert dock.results, dock.state
wait(0.5)
viewer.screenshot(canvas_only=False, flash=False)
viewer.layers.remove(strokes)
wait(0.5)
viewer.layers.clear()
wait(0.5)
print("still here")
"""


def test_clearing_a_drawn_window_and_leaving_without_closing_it():
    """Once crashed in the graphics driver; then aborted while Qt was being taken down."""
    done = subprocess.run(
        [sys.executable, "-c", CLEAR_AND_LEAVE], capture_output=True, text=True, timeout=300
    )
    assert "still here" in done.stdout, done.stderr[-3000:]
    assert done.returncode == 0, done.stderr[-3000:]
