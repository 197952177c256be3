"""Pictures and seeds that many tests share; all from scikit-image's wheel."""

from __future__ import annotations

import os
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

        touched = Factor._touched

        def counting(self, changed):
            nodes = touched(self, changed)
            pixels.append(int(nodes[self.program.owner].sum()))
            return nodes

        monkeypatch.setattr(Factor, "_touched", counting)
    return pixels
