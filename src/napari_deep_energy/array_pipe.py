"""Arrays with a few named values, through a pipe between two processes of one program."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from typing import IO

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Message:
    """What goes through the pipe: a line of JSON, then the bytes of the array."""

    array: NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.uint8))
    values: dict[str, Any] = field(default_factory=dict)
    """Whatever JSON can hold."""


def send(stream: IO[bytes], message: Message) -> None:
    """Write a message; returns when the other side has taken nearly all of it."""
    array = np.ascontiguousarray(message.array)
    header = {"dtype": array.dtype.str, "shape": array.shape, "values": message.values}
    stream.write(json.dumps(header).encode() + b"\n")
    stream.write(array.data.cast("B") if array.size else b"")
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """The next message; None at the end, also if that comes in mid-message."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header = json.loads(line)
    dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
    size = dtype.itemsize * int(np.prod(shape))
    content = stream.read(size)
    if len(content) < size:
        return None
    return Message(np.frombuffer(content, dtype).reshape(shape), header["values"])
