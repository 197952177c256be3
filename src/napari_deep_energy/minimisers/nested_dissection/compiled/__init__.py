"""The direct solver's work by compiled kernels, on a CPU.

Kernels take seconds to compile, once on a computer, and half a second to load after that. Nobody
waits for them: :func:`is_ready` has them made in a thread of its own when first asked, and until
they are there, batched products answer.
"""

from __future__ import annotations

import atexit
import logging
import threading
from importlib.util import find_spec

import torch

logger = logging.getLogger(__name__)

DTYPES = (torch.float32, torch.float64)

_lock = threading.Lock()
_ready: set[torch.dtype] = set()
_threads: dict[torch.dtype, threading.Thread] = {}


def is_ready(dtype: torch.dtype) -> bool:
    """Whether the kernels for numbers of this type can be called; if not, they are on their way."""
    if dtype in _ready:
        return True
    _start(dtype)
    return False


def make_ready(dtype: torch.dtype = torch.float32) -> bool:
    """Wait until the kernels are compiled; false if numba is not there, or fails."""
    thread = _start(dtype)
    if thread is not None:
        thread.join()
    return dtype in _ready


def _start(dtype: torch.dtype) -> threading.Thread | None:
    with _lock:
        if dtype not in _threads and dtype in DTYPES and find_spec("numba") is not None:
            _threads[dtype] = threading.Thread(
                target=_make, args=(dtype,), name=f"compile {dtype}", daemon=True
            )
            # LLVM must not be at work while the process is taken down.
            atexit.register(_threads[dtype].join)
            _threads[dtype].start()
        return _threads.get(dtype)


def _make(dtype: torch.dtype) -> None:
    try:
        from .factor import rehearse

        rehearse(dtype)
    except Exception:
        # Whatever numba or LLVM cannot do here, the batched products can.
        logger.exception("the kernels cannot be compiled; the solver goes on without them")
        return
    _ready.add(dtype)
