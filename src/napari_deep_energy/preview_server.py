"""The child of :class:`preview_process.PreviewProcess`: previews of one picture, one after another.

It reads the small picture, then strokes, from its standard input, and writes each answer to its
standard output. The end of the input, be it that of a parent that crashed, ends it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import torch

from . import kernels
from .array_pipe import Message, receive, send
from .energy import spec_from_dict
from .errors import InvalidInput
from .preview import Preview

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    first = receive(requests)
    if first is None:
        return
    spec = spec_from_dict(first.values["spec"])
    preview = Preview(torch.from_numpy(first.array.copy()), spec)
    kernels.make_ready()
    preview.prepare()
    send(answers, Message())  # ready
    while (request := receive(requests)) is not None:
        send(answers, _answer(preview, request.array))


def _answer(preview: Preview, labels: NDArray[Any]) -> Message:
    try:
        solution = preview.small(labels)
    except InvalidInput as error:
        return Message(values={"error": str(error)})
    numbers = {"energy": solution.energy, "residual": solution.residual}
    numbers |= {"seconds": solution.seconds}
    return Message(solution.x.float().numpy(), {"classes": solution.values, "numbers": numbers})


def main() -> None:
    """Serve on the standard streams; whatever else prints goes to the log instead."""
    torch.set_num_threads(1)  # the window draws on the others
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
