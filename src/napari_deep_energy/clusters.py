"""Sending dask tasks to a dask.distributed cluster, one future each."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from itertools import chain
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from .errors import Cancelled, InvalidInput
from .extras import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .stopping import Stop

CONNECT_SECONDS = 10
"""How long a cluster may take to answer."""
POLL_SECONDS = 0.2
"""How long a cancellation may go unnoticed."""
MOST_SECONDS = 60
"""How long tasks under way are waited for after it."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler at ``address``, such as ``"tcp://host:8786"``.

    Raises
    ------
    InvalidInput
        If dask.distributed is not installed, or no scheduler answers.
    """
    distributed = require("distributed", "--scheduler")
    try:
        # Not the default client: a program's other dask work must not move to the cluster.
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:  # a time-out is an OSError
        raise InvalidInput(
            f"no dask scheduler answers at {address!r} ({error}); start one with "
            "'dask scheduler' and give the address that it prints."
        ) from error
    with client:
        yield client


def as_they_end(client: Any, tasks: Sequence[Any], stop: Stop) -> Iterator[tuple[int, Any]]:
    """Start delayed ``tasks``; yield number and future of each as it ends, well or not.

    Raises
    ------
    Cancelled
        If ``stop`` returned true; what has not begun is then called off.
    """
    futures = client.compute(list(tasks))
    ended: Queue[Any] = Queue()
    for future in futures:
        future.add_done_callback(ended.put)
    waiting = {future: number for number, future in enumerate(futures)}
    while waiting:
        if stop():
            client.cancel(list(waiting), force=True)
            _let_end(client, {future.key for future in waiting})
            raise Cancelled
        with suppress(Empty):
            future = ended.get(timeout=POLL_SECONDS)
            yield waiting.pop(future), future


def _let_end(client: Any, keys: set[str]) -> None:
    """Wait for the tasks under way, which cannot be broken off: they may still write files.

    They have to be away twice, as one may begin while the calling off is on its way.
    """

    def under_way(dask_worker: Any) -> list[str]:
        return [task.key for task in dask_worker.state.executing]

    deadline, away = time.monotonic() + MOST_SECONDS, 0
    while away < 2 and time.monotonic() < deadline:
        found = client.run(under_way, on_error="ignore")
        away = away + 1 if keys.isdisjoint(chain(*found.values())) else 0
        time.sleep(POLL_SECONDS)
