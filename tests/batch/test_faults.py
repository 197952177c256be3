"""A batch that is killed: what was done is kept, and the next run does the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from .conftest import NAMES, answer

KILLED = """
import os, signal, sys
from pathlib import Path
from napari_deep_energy.batch import Batch, find_pairs, make_jobs, one_picture, run_batch
from napari_deep_energy.energy import RandomWalker
begun = []
def killed(path, report):
    begun.append(path)
    if len(begun) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    write_report(path, report)
write_report, one_picture.write_report = one_picture.write_report, killed
settings = Batch(RandomWalker(beta=100.0), "analytic", formats=("tiff",))
list(run_batch(make_jobs(find_pairs(Path(sys.argv[1])), Path(sys.argv[2]), settings)))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_kill_among_the_files_of_a_picture_loses_that_picture_alone(folder, tmp_path, settings):
    output = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(folder), str(output)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    done = {path.name for path in output.iterdir() if not path.name.startswith(".")}
    assert done == {"a", "b"}
    stamps = {name: (output / name / "labels.tif").stat().st_mtime_ns for name in done}
    records = answer(folder, output, settings)
    assert [record.status for record in records if record.name not in done] == ["done"] * 4
    for name, stamp in stamps.items():
        assert (output / name / "labels.tif").stat().st_mtime_ns == stamp
    assert {path.name for path in output.iterdir()} == set(NAMES)
    answer(folder, tmp_path / "whole", settings)
    for name in NAMES:
        found, expected = (
            tifffile.imread(place / name / "probabilities.tif")
            for place in (output, tmp_path / "whole")
        )
        # Another process may take the exact solver's other way, which rounds otherwise.
        np.testing.assert_allclose(found, expected, atol=1e-5)
