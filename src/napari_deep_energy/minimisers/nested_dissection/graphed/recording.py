"""Work on a graphics card, recorded as one of its graphs and replayed by a single call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from ....fallback import is_device_failure

Work: TypeAlias = Callable[[], object]
Recorder: TypeAlias = Callable[[Work, torch.device], Work]
"""Does some work once, and gives what does it again; it must always read and write the same
memory, and not wait for the device."""


def recorded(work: Work, device: torch.device) -> Work:
    """Replay of some work on CUDA; the work itself where there is no memory to record it."""
    with torch.cuda.device(device):
        here = torch.cuda.current_stream()
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            work()  # compiles kernels and sets libraries up, neither of which can be recorded
        here.wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        try:
            # Other threads may go on using the device meanwhile.
            with torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local"):
                work()
        except RuntimeError as error:
            if not any(is_device_failure(e) for e in (error, error.__context__) if e is not None):
                raise
            return work
    return graph.replay
