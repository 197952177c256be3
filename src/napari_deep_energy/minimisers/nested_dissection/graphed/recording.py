"""Work on a graphics card, recorded as one of its graphs and replayed by a single call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import torch

from ....fallback import is_device_failure

Work: TypeAlias = Callable[[], object]
Recorder: TypeAlias = Callable[[Work, torch.device], Work | None]
"""Does some work once, and gives what does it again; it must always read and write the same
memory, and not wait for the device. None where there is no memory to record it."""

_one_at_a_time = threading.Lock()
"""A process can record only one thing at a time."""


def recorded(work: Work, device: torch.device) -> Work | None:
    """Replay of some work on CUDA."""
    with _one_at_a_time, _in_full_precision(), torch.cuda.device(device):
        here = torch.cuda.current_stream()
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            work()  # compiles kernels and sets libraries up, neither of which can be recorded
        here.wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on using the device meanwhile.
        capture = torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local")
        try:
            # Entered by itself too: a recording that fails does not go back to the stream before.
            with torch.cuda.stream(aside), capture:
                work()
        except RuntimeError as error:
            if not any(is_device_failure(e) for e in (error, error.__context__) if e is not None):
                raise
            return None
    return graph.replay


@contextmanager
def _in_full_precision() -> Iterator[None]:
    """No TensorFloat-32, whoever has switched it on: it would be recorded."""
    switches = torch.backends.cuda.matmul
    is_new = hasattr(switches, "fp32_precision")  # since torch 2.9, which does not like both
    name, off = ("fp32_precision", "ieee") if is_new else ("allow_tf32", False)
    before = getattr(switches, name)
    setattr(switches, name, off)
    try:
        yield
    finally:
        setattr(switches, name, before)
