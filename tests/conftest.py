"""What tests of several folders share: a photograph with strokes, commands, devices, a cluster."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from skimage import data

from napari_deep_energy.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB"

# The same examples each time, within a minute in all; HYPOTHESIS_PROFILE=long looks further.
common = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
settings.register_profile("ci", max_examples=15, derandomize=True, database=None, **common)
settings.register_profile("long", max_examples=2000, **common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test or its child process remembers stays out of the user's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """A small RGB photograph, 40 x 56."""
    return np.ascontiguousarray(data.astronaut()[60:140:2, 160:272:2])


@pytest.fixture(scope="session")
def strokes() -> np.ndarray:
    """Three classes on that photograph."""
    labels = np.zeros((40, 56), int)
    labels[10:20, 25:30] = 1
    labels[:3, :] = 2
    labels[35:38, 5:20] = 3
    return labels


@pytest.fixture
def problem(photograph: np.ndarray, strokes: np.ndarray) -> Problem:
    """The segmentation problem of the two, in float64."""
    return Problem.from_labels(photograph, strokes).to(dtype=torch.float64)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the repository, where there is one."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the optional data folder ../shared/data is not here")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _kernels():
    """Compiled before the first test, so that no answer depends on when they are there."""
    from napari_deep_energy import kernels

    kernels.make_ready()


@pytest.fixture
def offline(monkeypatch):
    """Whoever goes to the net fails."""

    def refuse(*arguments, **options):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command to its end, in this process: importing torch anew takes seconds each time."""
    from napari_deep_energy.cli import main

    def call(*arguments) -> Done:
        monkeypatch.setattr("sys.argv", ["napari-deep-energy", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(0 if code is None else int(code), captured.out, captured.err)

    return call


@pytest.fixture
def full_gpu(monkeypatch):
    """A device that can be chosen but cannot hold a Laplacian: torch's own without memory."""
    from napari_deep_energy import RandomWalker, interactive

    laplacian = RandomWalker.laplacian

    def limited(self, image, **options):
        if image.device.type != "cpu":
            raise torch.cuda.OutOfMemoryError(FULL)
        return laplacian(self, image, **options)

    monkeypatch.setattr(interactive, "choose_device", lambda device="auto": torch.device("meta"))
    monkeypatch.setattr(RandomWalker, "laplacian", limited)


@pytest.fixture
def cluster():
    """Two workers of dask, each in a process of its own."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as started:
        yield started


@pytest.fixture
def eliminated(monkeypatch):
    """Numbers of pixels, batch by batch, that are eliminated."""
    from napari_deep_energy import kernels
    from napari_deep_energy.minimisers.nested_dissection.fronts import Fronts

    pixels = []
    whole = Fronts.eliminate

    def counted(self, rows, excess, inverted, nodes, halves):
        pixels.append(len(nodes) * self.size)
        return whole(self, rows, excess, inverted, nodes, halves)

    monkeypatch.setattr(Fronts, "eliminate", counted)
    if kernels.make_ready():
        from napari_deep_energy.minimisers.nested_dissection.compiled.factor import Factor

        eliminate = Factor._eliminate

        def counting(self, touched, own, stop):
            pixels.append(int(touched[self.program.owner].sum()))
            eliminate(self, touched, own, stop)

        monkeypatch.setattr(Factor, "_eliminate", counting)
    return pixels
