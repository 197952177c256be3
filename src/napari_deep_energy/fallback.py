"""When a graphics card or its driver fails, the CPU answers instead, and says so."""

from __future__ import annotations

import warnings
from functools import cache

import torch

from .errors import InvalidInput


class OutOfMemory(InvalidInput):
    """The device cannot hold what is asked of it."""


def is_device_failure(error: BaseException) -> bool:
    """Whether memory could not be had, or the device's driver gave up.

    torch has an exception of its own for a full GPU, but none for a full CPU or a lost driver.
    """
    words = (
        "out of memory", "not enough memory", "allocate memory", "cuda error", "cuda driver",
        "cublas", "cudnn", "no kernel image",
    )  # fmt: skip
    is_memory = isinstance(error, MemoryError | OutOfMemory)
    text = str(error).lower()
    return is_memory or (isinstance(error, RuntimeError) and any(word in text for word in words))


def reason(error: BaseException) -> str:
    """The first sentence of what torch says, which may go on for pages."""
    return (str(error).splitlines() or [type(error).__name__])[0].split(". ")[0].rstrip(".")


@cache
def cuda_or_why_not() -> tuple[bool, str]:
    """Whether CUDA can be used, and if there is a card whose driver fails, what torch says of it.

    The text is empty where there is no card at all: that is no news to anyone.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        is_there = torch.cuda.is_available()
    return is_there, "" if is_there or not caught else reason(Warning(str(caught[0].message)))
