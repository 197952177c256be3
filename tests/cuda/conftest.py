"""What needs a GPU. It needs no napari: ``pytest --confcutdir tests/cuda tests/cuda``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip all of it where there is no GPU."""
    if not torch.cuda.is_available():
        skip = pytest.mark.skip(reason="there is no CUDA device")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """An RGB photograph, 120 x 168."""
    return np.ascontiguousarray(data.astronaut()[20:260:2, 100:436:2])


@pytest.fixture(scope="session")
def strokes() -> np.ndarray:
    """Three classes on it."""
    labels = np.zeros((120, 168), int)
    labels[30:60, 60:75] = 1
    labels[:6, :] = 2
    labels[100:112, 20:60] = 3
    return labels
