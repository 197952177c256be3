"""A short soak of the kind that benchmarks/soak.py does for an hour, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))
"""Of each seed: two minutes in all. Most that a soak ever found, it found within half a minute."""


@pytest.mark.parametrize("seed", [1, 2])
def test_random_use_ends_without_exceptions_and_threads(seed, tmp_path):
    report = tmp_path / "soak.json"
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        SOAK,
        "--minutes",
        MINUTES,
        "--seed",
        seed,
        "--json",
        report,
    ]
    environment = os.environ | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(tmp_path))
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment,
        timeout=60 * MINUTES + 240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    figures = json.loads(report.read_text())
    assert figures["exceptions"] == []
    assert figures["answers"] > 0
    assert figures["threads_after"] <= figures["threads_before"]
