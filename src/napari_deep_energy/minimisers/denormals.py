"""Numbers too small for full precision, which a processor works on a hundred times more slowly.

Far from a stroke its influence falls below 1e-38, the least that float32 holds in full; the exact
solver has many such numbers, and none of them can be seen in an answer.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Within, this thread takes denormal numbers for zero; afterwards all is as it was."""
    was_flushed = is_flushed()
    torch.set_flush_denormal(True)  # False where the processor cannot, which is no harm
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushed)


def is_flushed() -> bool:
    """Whether this thread takes denormal numbers for zero; torch can set that, but not tell."""
    return not bool(torch.tensor(1e-38) * 0.01 > 0)
