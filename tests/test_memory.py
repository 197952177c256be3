"""What is freed goes back to the system or stays, where the allocator can be told."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_deep_energy import memory

PIECE = 64 * 1024
"""Bytes: small enough that glibc keeps it when it is freed."""


def resident() -> int:
    psutil = pytest.importorskip("psutil")
    return int(psutil.Process().memory_info().rss)


needs_glibc = pytest.mark.skipif(memory._glibc() is None, reason="another allocator")


@needs_glibc
def test_freed_pieces_are_given_back():
    with memory.returned_memory():
        pieces = [np.ones(PIECE, np.uint8) for _ in range(2000)]
        last = np.ones(PIECE, np.uint8)  # keeps the heap from shrinking by itself
        del pieces
        held = resident()
    assert held - resident() > 1000 * PIECE
    assert last.all()


@needs_glibc
def test_kept_memory_stays_within_and_goes_back_afterwards():
    for _ in range(2):
        with memory.kept_memory():
            large = np.ones(1000 * PIECE, np.uint8)
            held = resident()
            del large
            assert held - resident() < 100 * PIECE
        assert held - resident() > 900 * PIECE


def test_other_allocators_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory, "sys", SimpleNamespace(platform="darwin"))
    for setting in (memory.returned_memory, memory.kept_memory):
        with setting():
            assert memory._glibc() is None
