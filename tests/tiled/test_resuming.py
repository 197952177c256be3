"""A tiled run that was killed goes on where it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from skimage import data

from napari_deep_energy.energy import COLOUR, RandomWalker
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.tiled import plan_tiled, run, solve_tiled

pytest.importorskip("ome_zarr")

IMAGE = np.ascontiguousarray(data.astronaut()[100:196, 150:246])
LABELS = np.zeros(IMAGE.shape[:2], np.uint8)
LABELS[:6], LABELS[40:60, 40:60] = 2, 1
TILES = 9
KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from napari_deep_energy.tiled import solve_tiled
image, labels, output, steps = *np.load(sys.argv[1]).values(), Path(sys.argv[2]), int(sys.argv[3])
def progress(done, total, unit):
    if done >= steps and unit == "steps done":
        os.kill(os.getpid(), signal.SIGKILL)
solve_tiled(image, labels, output, tile=32, progress=progress)
"""


@pytest.fixture
def killed(tmp_path):
    """Starts a run that is killed after so many steps."""
    np.savez(tmp_path / "given.npz", IMAGE, LABELS)
    folder = tmp_path / "results"
    folder.mkdir()

    def start(steps):
        arguments = [str(tmp_path / "given.npz"), str(folder / "out"), str(steps)]
        done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
        assert done.returncode < 0
        return folder / "out"

    return start


@pytest.fixture
def worked(monkeypatch):
    """Tiles that were eliminated, and tiles that were solved."""
    seen = {"eliminate_tile": 0, "solve_tile": 0}

    def counting(name, work):
        def counted(*arguments):
            seen[name] += 1
            return work(*arguments)

        return counted

    for name in seen:
        monkeypatch.setattr(run, name, counting(name, getattr(run, name)))
    return seen


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
@pytest.mark.parametrize("steps", [6, 22])
def test_what_was_finished_is_not_done_again(killed, worked, steps, tmp_path):
    output = killed(steps)
    assert not output.exists()
    found = solve_tiled(IMAGE, LABELS, output, tile=32, resume=True)
    assert worked["eliminate_tile"] < TILES
    assert worked["solve_tile"] < TILES or steps == 6
    whole = solve_tiled(IMAGE, LABELS, tmp_path / "whole", tile=32)
    # The run that was killed had no time to load kernels, whose sums are in another order.
    np.testing.assert_allclose(found.read(), whole.read(), atol=1e-6)
    assert [path.name for path in output.parent.iterdir()] == ["out"]
    assert {path.name for path in output.iterdir()} == {"labels.ome.zarr", "probabilities.ome.zarr"}


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_other_strokes_and_settings_begin_anew(killed, worked):
    output = killed(22)
    other = LABELS.copy()
    other[90:] = 2
    solve_tiled(IMAGE, other, output, tile=32, resume=True)
    assert worked["eliminate_tile"] == TILES
    solve_tiled(IMAGE, LABELS, output, RandomWalker(beta=10.0), tile=32, resume=True)
    assert worked["eliminate_tile"] == 2 * TILES


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_what_is_on_disk_already_needs_no_room(killed, monkeypatch):
    output = killed(22)
    (draft,) = output.parent.iterdir()
    written = sum(path.stat().st_size for path in draft.rglob("*"))
    needs = plan_tiled(IMAGE, LABELS, COLOUR, 32).estimate
    usage = shutil.disk_usage(output.parent)
    free = needs.scratch + needs.output - written
    for room in (free - 1, free):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, room=room: usage._replace(free=room))
        if room < free:
            with pytest.raises(InvalidInput, match="of disk"):
                solve_tiled(IMAGE, LABELS, output, tile=32, resume=True)
            assert draft.exists()
    assert solve_tiled(IMAGE, LABELS, output, tile=32, resume=True).read().shape[1:] == LABELS.shape
