"""Freed memory, which glibc by itself now keeps and now gives back: one or the other, as is wanted.

Other allocators are left alone.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .idle_memory import drop_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Parameters of glibc's ``mallopt``."""
USUAL = {TRIM_THRESHOLD: 128 * 1024, MMAP_MAX: 65536}


@contextmanager
def kept_memory() -> Iterator[None]:
    """Within, freed memory stays with this process; afterwards it is given back.

    Without, glibc asks the system for each large tensor anew, and the system clears every page.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(TRIM_THRESHOLD, 2**31 - 1)
    libc.mallopt(MMAP_MAX, 0)
    try:
        yield
    finally:
        for parameter, value in USUAL.items():
            libc.mallopt(parameter, value)
        libc.malloc_trim(0)


@contextmanager
def returned_memory() -> Iterator[None]:
    """What is freed within is given back to the system at the end.

    Without, a long run of steps that differ in size comes to hold half as much again as any uses.
    """
    try:
        yield
    finally:
        give_back()


def give_back() -> None:
    """Return to the system what is free between pieces that are in use, a matter of 20 ms."""
    drop_idle()
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
