"""Previews from a child process, for where the window's drawing keeps a thread from working.

A window that is drawn without a graphics card holds Python's lock for most of a stroke; a thread
that solves in many small steps then waits at each of them. The child has a lock of its own.
"""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch

from .array_pipe import Message, receive, send
from .energy import spec_to_dict
from .errors import Cancelled, InvalidInput
from .minimisers import Outcome, Solution
from .stopping import Stop, never

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .preview import Preview

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.003
"""Between two looks at ``stop`` while the child works."""


class PreviewProcess:
    """Previews of one picture.

    Parameters
    ----------
    preview
        What the child is to do; it makes its own of the same picture and spec.
    """

    def __init__(self, preview: Preview) -> None:
        self.is_ready = False
        """Whether it can be asked; it takes seconds to start, and may fail or end at any time."""
        self._preview = preview
        self._unwanted = 0
        """Answers to come that nobody waits for any more."""
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "napari_deep_energy.preview_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._thread = threading.Thread(target=self._follow, name="preview", daemon=True)
        self._thread.start()

    def solve(self, labels: NDArray[Any], stop: Stop = never) -> Solution:
        """As :meth:`Preview.small`; at most one thread may ask at a time.

        Raises
        ------
        InvalidInput, Cancelled
            As there.
        ChildProcessError
            If the child has ended.
        """
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, Message(labels))
        except (OSError, ValueError) as error:
            self.is_ready = False
            raise ChildProcessError("the process of the previews has ended") from error
        answer = self._next_answer(stop)
        if "error" in answer.values:
            raise InvalidInput(answer.values["error"])
        return Solution(
            x=torch.from_numpy(answer.array.copy()),
            values=tuple(answer.values["classes"]),
            engine="analytic",
            device="cpu",
            outcome=Outcome.ESTIMATE,
            **answer.values["numbers"],
        )

    def close(self) -> None:
        """End the child; never waits for it."""
        self.is_ready = False
        self._process.kill()

    def _next_answer(self, stop: Stop) -> Message:
        while True:
            if stop():
                self._unwanted += 1
                raise Cancelled
            try:
                answer = self._answers.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if answer is None:
                raise ChildProcessError("the process of the previews has ended")
            if not self._unwanted:
                return answer
            self._unwanted -= 1

    def _follow(self) -> None:
        """Take in what the child says, until it ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        picture = self._preview.image.numpy()
        try:
            send(self._process.stdin, Message(picture, {"spec": spec_to_dict(self._preview.spec)}))
            self.is_ready = receive(self._process.stdout) is not None
            while (answer := receive(self._process.stdout)) is not None:
                self._answers.put(answer)
        except (OSError, ValueError) as error:
            logger.debug("the process of the previews has ended: %s", error)
        self.is_ready = False
        self._answers.put(None)
        self._process.kill()  # it may have closed its output and live on
        self._process.wait()
        self._process.stdout.close()
        with suppress(OSError):  # what was still to be written
            self._process.stdin.close()
