"""How kernels are compiled: without the interpreter's lock, once, and kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel; its arguments are numbers and contiguous arrays."""
    kernel: Callable[..., Any] = njit(
        nogil=True, cache=True, error_model="numpy", boundscheck=False
    )(function)
    return kernel
