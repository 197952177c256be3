"""A batch on a cluster that loses a worker."""

from __future__ import annotations

import os
import signal
from collections import Counter

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_deep_energy.batch import find_pairs, make_jobs, run_batch
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.interactive import InteractiveSolver

from .conftest import NAMES

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of a cluster that is being shot at


def test_a_killed_worker_loses_nothing_and_doubles_nothing(folder, tmp_path, settings, cluster):
    for path in folder.glob("*.png"):  # large enough to be caught at work
        Image.fromarray(np.asarray(Image.open(path)).repeat(8, 0).repeat(8, 1)).save(path)
    (folder / "c.png").write_bytes(b"not a picture")
    jobs = make_jobs(find_pairs(folder), tmp_path / "out", settings)
    running = run_batch(jobs, cluster.scheduler_address)
    records = [next(running)]
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        busy = next(address for address, tasks in client.processing().items() if tasks)
        os.kill(pids[busy], signal.SIGKILL)
        assert len(list((tmp_path / "out").glob("[a-f]"))) < len(NAMES) - 1
        records += running
        assert pids[busy] not in client.run(os.getpid).values()
    assert Counter(record.name for record in records) == Counter(NAMES)
    assert {r.name for r in records if r.status == "failed"} == {"c"}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(set(NAMES) - {"c"})
    assert {r.status for r in run_batch(jobs)} == {"kept", "failed"}
    for name in set(NAMES) - {"c"}:
        expected = InteractiveSolver(
            np.asarray(Image.open(folder / f"{name}.png")), (320, 448), settings.spec
        ).solve(np.asarray(Image.open(folder / f"{name}.strokes.png")))["analytic"]
        labels = tifffile.imread(tmp_path / "out" / name / "labels.tif")
        np.testing.assert_array_equal(labels, expected.labels)


def test_no_scheduler_is_one_sentence(folder, tmp_path, settings, monkeypatch):
    monkeypatch.setattr("napari_deep_energy.clusters.CONNECT_SECONDS", 0.5)
    jobs = make_jobs(find_pairs(folder), tmp_path / "out", settings)
    with pytest.raises(InvalidInput, match="no dask scheduler answers"):
        list(run_batch(jobs, "tcp://127.0.0.1:9"))
