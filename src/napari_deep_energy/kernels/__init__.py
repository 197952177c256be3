"""Compiled kernels for the work that a CPU does again at every stroke.

They take most of a minute to compile, once on a computer, and two seconds to load after that.
Nobody waits for them: whoever expects many solves calls :func:`start`, and until they are there,
torch and scikit-image do the work. They are compiled in a process of its own, as the compiler would
hold the interpreter's lock, and the window with it.
"""

from __future__ import annotations

import atexit
import logging
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec

import torch

logger = logging.getLogger(__name__)

DTYPES = (torch.float32, torch.float64)
"""Types that there are kernels for."""

_lock = threading.Lock()
_ready: set[torch.dtype] = set()
_threads: dict[torch.dtype, threading.Thread] = {}
_processes: set[subprocess.Popen[bytes]] = set()


def is_ready(dtype: torch.dtype) -> bool:
    """Whether the kernels for numbers of this type can be called."""
    return dtype in _ready


def suit(*fields: torch.Tensor) -> bool:
    """Whether fields are of one type, and kernels that take either type can be called with them."""
    first = fields[0]
    is_known = first.device.type == "cpu" and first.dtype in DTYPES and is_ready(torch.float32)
    return is_known and all((f.dtype, f.device) == (first.dtype, first.device) for f in fields)


def start(dtype: torch.dtype = torch.float32) -> None:
    """Have the kernels made ready, if they are not on their way; never waits."""
    with _lock:
        if dtype not in _threads and dtype in DTYPES and find_spec("numba") is not None:
            _threads[dtype] = threading.Thread(
                target=_make, args=(dtype,), name=f"compile {dtype}", daemon=True
            )
            _threads[dtype].start()


def make_ready(dtype: torch.dtype = torch.float32) -> bool:
    """Wait until the kernels are ready; false if numba is not there, or fails."""
    start(dtype)
    if dtype in _threads:
        _threads[dtype].join()
    return dtype in _ready


def _make(dtype: torch.dtype) -> None:
    if _compile(dtype) != 0:
        return
    try:
        from .rehearsal import rehearse

        rehearse(dtype)
    except Exception:
        if not _is_ending():
            # Whatever numba or LLVM cannot do here, torch and scikit-image can.
            logger.exception("the kernels cannot be loaded; the solver goes on without them")
        return
    _ready.add(dtype)


def _compile(dtype: torch.dtype) -> int:
    """Fill numba's cache on disk; the exit code of the process that does."""
    command = [sys.executable, "-m", __name__, str(dtype).removeprefix("torch.")]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    _processes.add(process)
    _, text = process.communicate()
    _processes.discard(process)
    if process.returncode > 0:  # not one that was ended with Python
        logger.warning(
            "the kernels cannot be compiled; the solver goes on without them: %s",
            text.decode(errors="replace").strip(),
        )
    return process.returncode


def _is_ending() -> bool:
    """Whether Python is being taken down: it closes its pools of threads first."""
    from concurrent.futures import ThreadPoolExecutor

    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(int)
    except RuntimeError:
        return True
    return False


@atexit.register
def _end() -> None:
    """What is compiled by now stays; the next run goes on from there."""
    for process in list(_processes):
        process.kill()
    for thread in _threads.values():  # LLVM must not be at work while Python is taken down
        with suppress(RuntimeError):
            thread.join()
