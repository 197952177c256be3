"""A picture strip by strip: what is made of it then fits the cache, and can be stopped between."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ..stopping import check, never

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from ..stopping import Stop

NUMBERS = 2**19
"""In a strip; more cost memory, fewer leave threads without work."""


def strips(
    size: tuple[int, ...], device: torch.device, stop: Stop = never, numbers: int = 4
) -> Iterator[slice]:
    """Slices of the first axis of a grid; the whole where there is no cache to fit.

    Parameters
    ----------
    numbers
        About how many are made of a pixel.

    Raises
    ------
    Cancelled
        If ``stop``, which is polled before each, returned true.
    """
    fitting = NUMBERS // max(1, numbers * prod(size[1:]))
    rows = max(1, fitting if device.type == "cpu" else size[0])
    for first in range(0, size[0], rows):
        check(stop)
        yield slice(first, min(first + rows, size[0]))
