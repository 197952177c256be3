"""Both ways of the exact solver to do its work."""

from __future__ import annotations

import pytest

from napari_deep_energy import kernels


@pytest.fixture(params=["compiled", "batched"])
def way(request, monkeypatch):
    """Compiled kernels, and batched products."""
    if request.param == "batched":
        monkeypatch.setattr(kernels, "is_ready", lambda _dtype: False)
    else:
        pytest.importorskip("numba")
        assert kernels.make_ready(), "kernels that cannot be compiled are no reason to skip"
    return request.param


@pytest.fixture
def small(monkeypatch):
    """Nodes of any size may be what the tree is seen from."""
    from napari_deep_energy.minimisers.nested_dissection.compiled import view

    monkeypatch.setattr(view, "LEAST", 1)
