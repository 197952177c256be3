"""Interactive seeded segmentation and image matting, by one energy.

After Golts, Freedman, Elad, "Deep Energy: Using Energy Functions for Unsupervised Training of
DNNs" (2018).
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import matte, segment
    from .comparison import compare
    from .energy import ClosedFormMatting, RandomWalker
    from .errors import Cancelled, InvalidInput
    from .minimisers import Outcome, Solution

# Before torch is imported: else its threads spin while they wait, against those of the window and
# of every other program, and everything takes many times as long as soon as a core is busy.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = version("napari-deep-energy")
__all__ = [
    "Cancelled",
    "ClosedFormMatting",
    "InvalidInput",
    "Outcome",
    "RandomWalker",
    "Solution",
    "compare",
    "matte",
    "segment",
]

# Names are imported when first used: importing the package must not import torch.
_HOME = {
    "Cancelled": "errors",
    "ClosedFormMatting": "energy",
    "InvalidInput": "errors",
    "Outcome": "minimisers",
    "RandomWalker": "energy",
    "Solution": "minimisers",
    "compare": "comparison",
    "matte": "api",
    "segment": "api",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
