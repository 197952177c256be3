"""Memory that large arrays have left, for the next ones of their size.

The system clears each page of new memory when it is first touched, which takes longer than to fill
it; and malloc gives back all that holds more than a few planes of a picture. At every stroke the
same planes are made again.
"""

from __future__ import annotations

import weakref
from collections import deque
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

LEAST = 2**23
"""Bytes of an array that is large; of smaller ones malloc itself keeps the memory."""
MOST = 2**29
"""Bytes that are kept idle."""

# Blocks come back from wherever an array ends, the garbage collector included: no lock can be held
# then, and appending to a deque needs none.
_idle: dict[int, deque[NDArray[np.uint8]]] = {}


def room(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of any content; its memory is used again once nothing looks at it any more."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if size < LEAST:
        return np.empty(shape, dtype)
    idle = _idle.setdefault(size, deque())
    try:
        block = idle.pop()
    except IndexError:
        if size + idle_bytes() > MOST:
            drop_idle()  # of a picture of another size
        block = np.empty(size, np.uint8)
    # A view holds what its array looks at in place of the array, if that is an array too: through
    # the buffer of the block in between, every view holds this one, whose end is the signal.
    array: NDArray[Any] = np.frombuffer(block.data, dtype)
    weakref.finalize(array, _give_up, idle, block).atexit = False
    return array.reshape(shape)


def _give_up(idle: deque[NDArray[np.uint8]], block: NDArray[np.uint8]) -> None:
    if block.nbytes + idle_bytes() <= MOST:
        idle.append(block)


def idle_bytes() -> int:
    """How much is kept that nothing uses."""
    return sum(size * len(blocks) for size, blocks in list(_idle.items()))


def drop_idle() -> None:
    """Give back what nothing uses."""
    for blocks in list(_idle.values()):
        blocks.clear()
