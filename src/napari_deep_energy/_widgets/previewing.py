"""Where previews are made: on the worker's thread, or in a child process if that gets no turn."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..minimisers import Solution
    from ..preview import Preview
    from ..preview_process import PreviewProcess

    Stop = Callable[[], bool]

logger = logging.getLogger(__name__)

LATE_SECONDS = 0.06
"""A preview that takes longer than this, most of it waiting, is late."""
LATE_PREVIEWS = 2
"""After so many late ones in a row a child takes over. A window that a graphics card draws leaves
the thread its turns, and then no second process takes memory."""


class Previewing:
    """Previews of the latest picture. Asked by one thread, closed by any."""

    def __init__(self) -> None:
        self._preview: Preview | None = None
        self._process: PreviewProcess | None = None
        self._late = 0
        self._may_start = True
        self._lock = threading.Lock()

    def solve(self, preview: Preview, labels: NDArray[Any], stop: Stop) -> Solution:
        """As :meth:`Preview.solve`.

        Raises
        ------
        InvalidInput, Cancelled
            As there.
        """
        if preview is not self._preview:
            self._end_process()
            self._preview, self._late = preview, 0
        process = self._process
        if process is not None and process.is_ready:
            try:
                return preview.enlarged(process.solve(labels, stop))
            except ChildProcessError as error:
                logger.warning("%s; the viewer's own previews.", error)
                self._may_start = False
        wall, worked = time.perf_counter(), time.thread_time()
        solution = preview.solve(labels, stop)
        wall, worked = time.perf_counter() - wall, time.thread_time() - worked
        is_late = wall > LATE_SECONDS and worked < wall / 2
        self._late = self._late + 1 if is_late else 0
        if self._late == LATE_PREVIEWS:
            self._start_process(preview)
        return solution

    def close(self) -> None:
        """End the child, for good; never waits for it."""
        self._may_start = False
        self._end_process()

    def _start_process(self, preview: Preview) -> None:
        from ..preview_process import PreviewProcess  # torch comes with it

        with self._lock:
            if self._may_start and self._process is None:
                self._process = PreviewProcess(preview)

    def _end_process(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.close()
            self._process = None
