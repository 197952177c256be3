"""A tiled run on a cluster that loses a worker."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
from skimage import data

from napari_deep_energy.energy import DEFAULT, RandomWalker
from napari_deep_energy.errors import Cancelled
from napari_deep_energy.tiled import solve_tiled

from .conftest import whole

distributed = pytest.importorskip("distributed")
pytest.importorskip("ome_zarr")
pytestmark = pytest.mark.filterwarnings("ignore")  # of a cluster that is being shot at


IMAGE = np.ascontiguousarray(data.astronaut()[:256, 128:384])
LABELS = np.zeros(IMAGE.shape[:2], np.uint8)
LABELS[:20], LABELS[100:140, 90:130] = 2, 1


def test_a_killed_worker_changes_nothing(cluster, tmp_path):
    killed = []

    def kill(done, total, unit):
        if killed or unit != "tiles done":
            return
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            pids = client.run(os.getpid)
            busy = next((a for a, tasks in client.processing().items() if tasks), None)
            killed.append(pids[busy or next(iter(pids))])
            os.kill(killed[0], signal.SIGKILL)

    found = solve_tiled(
        IMAGE, LABELS, tmp_path / "out", tile=64,
        scheduler=cluster.scheduler_address, progress=kill,
    )  # fmt: skip
    assert killed
    expected = whole(IMAGE, LABELS, DEFAULT)
    np.testing.assert_allclose(np.asarray(found.read()), expected.probabilities, atol=1e-5)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "labels.ome.zarr", "probabilities.ome.zarr",
    }  # fmt: skip


def test_a_cancelled_run_leaves_nothing_on_disk_and_nothing_to_do(cluster, tmp_path):
    done = []
    with pytest.raises(Cancelled):
        solve_tiled(
            IMAGE, LABELS, tmp_path / "out", RandomWalker(), tile=64,
            scheduler=cluster.scheduler_address, stop=lambda: "tiles done" in done,
            progress=lambda number, total, unit: done.append(unit),
        )  # fmt: skip
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        deadline = time.monotonic() + 60
        while any(client.processing().values()) and time.monotonic() < deadline:
            time.sleep(0.1)  # the step that was under way cannot be broken off
        assert not any(client.processing().values())
    assert list(tmp_path.iterdir()) == []
