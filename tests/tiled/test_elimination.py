"""Inversion in place is inversion."""

from __future__ import annotations

import pytest
import torch

from napari_deep_energy.tiled import elimination


@pytest.mark.parametrize("size", [7, 40, 77])
def test_a_matrix_is_inverted_in_its_place(size, monkeypatch):
    monkeypatch.setattr(elimination, "WHOLE", 10)
    coupling = torch.rand(
        size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    coupling = coupling + coupling.T
    excess = torch.linspace(0, 1, size, dtype=torch.float64)
    matrix = -coupling.fill_diagonal_(0)
    matrix.diagonal().copy_(excess + coupling.sum(1))
    beside = torch.ones(size, 5, dtype=torch.float64)
    rows = torch.cat([coupling, beside], 1)
    elimination.invert_(rows[:, :size], excess)
    torch.testing.assert_close(rows[:, :size], torch.linalg.inv(matrix))
    torch.testing.assert_close(rows[:, size:], beside)
