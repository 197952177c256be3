"""Numbers too small for full precision, which a processor works on a hundred times more slowly.

Far from a stroke its influence falls below 1e-38, the least that float32 holds in full; the exact
solver has many such numbers, and none of them can be seen in an answer.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Within, this thread takes denormal numbers for zero; afterwards all is as it was.

    torch's helper threads do as this thread did when they were started, with its first large
    operation; :func:`without_denormals` has helpers of its own.
    """
    was_flushed = is_flushed()
    torch.set_flush_denormal(True)  # False where the processor cannot, which is no harm
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushed)


def is_flushed() -> bool:
    """Whether this thread takes denormal numbers for zero; torch can set that, but not tell."""
    return not bool(torch.tensor(1e-38) * 0.01 > 0)


def without_denormals(work: Callable[[], T]) -> T:
    """Result of ``work`` in a new thread that takes denormal numbers for zero, helpers included."""
    with ThreadPoolExecutor(1, initializer=torch.set_flush_denormal, initargs=(True,)) as thread:
        return thread.submit(work).result()
