"""Volumes: seconds of scikit-image's random walker over ours at equal true error.

The answer is ours at a tolerance of 1e-9; the tests hold that against a double-precision
factorisation, and ``bf`` agrees with it where it ends. Each peer runs in a process of its own that
ends when its time or memory is over: its ratio is then a bound, by the time that it took until
then, and so it is where a mode never comes within the accuracy.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.segmentation import random_walker

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.volumes import segment_volume

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

WALKER = RandomWalker(hard_seeds=True)
ACCURACY = 1e-4
"""True error at which times are compared."""
PEERS = {"bf": (1e-3,), "cg_mg": (1e-6, 1e-9), "cg_j": (1e-6, 1e-9, 1e-12)}
"""Modes of scikit-image's random walker, and tolerances, until one is right."""
MEMORY = 10 * 2**30
"""Bytes that a peer may take."""


def blobs(size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two noisy phases, (D, H, W) float in [0, 1], with two strokes."""
    rng = np.random.default_rng(0)
    phase = gaussian_filter(rng.standard_normal(size), min(size) / 12) > 0
    volume = gaussian_filter(0.25 + 0.5 * phase, 1) + 0.05 * rng.standard_normal(phase.shape)
    return volume.clip(0, 1), strokes(size)


def photographs(size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A photograph that drifts from plane to plane, with noise; as :func:`blobs`."""
    depth, height, width = size
    picture = data.camera() / 255
    planes = [picture[i : i + height, i // 2 : i // 2 + width] for i in range(depth)]
    volume = np.stack(planes) + 0.02 * np.random.default_rng(0).standard_normal(size)
    return volume.clip(0, 1), strokes(size)


def strokes(size: tuple[int, ...]) -> np.ndarray:
    """A stroke in each half, (D, H, W) integers."""
    labels = np.zeros(size, np.int32)
    (near, row, _), (far, _, across) = ([n // 4 for n in size], [3 * n // 4 for n in size])
    labels[near : near + 3, row : row + 3] = 1
    labels[far : far + 3, :, across : across + 3] = 2
    return labels


KINDS = {"blobs": blobs, "photographs": photographs}


@dataclass(frozen=True)
class Run:
    """What a peer took for one answer."""

    seconds: float
    error: float
    """Largest of a probability; infinite if the run was ended."""

    @property
    def is_right(self) -> bool:
        """Whether it can be compared; else its time is a lower bound."""
        return self.error <= ACCURACY


def compare(
    sizes: list[tuple[int, ...]], kind: str, modes: list[str], limit: float
) -> dict[str, float]:
    """Time of scikit-image over ours, or more than so many times, and the error of each."""
    figures: dict[str, float] = {}
    for size in sizes:
        name = f"{kind}_{'x'.join(map(str, size))}"
        volume, labels = KINDS[kind](size)
        ours, seconds = timed(lambda v=volume, s=labels: segment_volume(v, s, spec=WALKER))
        answer = segment_volume(volume, labels, spec=WALKER, tolerance=1e-9).x[0].numpy()
        figures[f"volume_seconds_{name}"] = round(seconds, 2)
        figures[f"volume_error_{name}"] = float(np.abs(ours.x[0].numpy() - answer).max())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of the largest so far, in KiB
        figures[f"volume_peak_mib_{name}"] = peak >> 10
        for mode in modes:
            run = peer(volume, labels, mode, answer, limit)
            kept = "volume_ratio" if run.is_right else "volume_ratio_above"
            figures[f"{kept}_{mode}_{name}"] = round(run.seconds / seconds, 2)
            if np.isfinite(run.error):
                figures[f"volume_error_{mode}_{name}"] = run.error
            print({key: value for key, value in figures.items() if key.endswith(name)}, flush=True)
    return figures


def peer(
    volume: np.ndarray, labels: np.ndarray, mode: str, answer: np.ndarray, limit: float
) -> Run:
    """The loosest tolerance that is right, or else the last that ended, or the one cut short."""
    last = None
    for tolerance in PEERS[mode]:
        run = Attempt(volume, labels, answer, mode, tolerance, limit).in_its_own_process()
        if run.is_right:
            return run
        # A try that was ended tells a larger bound, but no error.
        last = Run(run.seconds, min(run.error, last.error if last else run.error))
        if not np.isfinite(run.error):
            break
    assert last is not None
    return last


@dataclass(frozen=True, eq=False)
class Attempt:
    """One volume, answered by scikit-image within limits."""

    volume: np.ndarray
    labels: np.ndarray
    answer: np.ndarray
    mode: str
    tolerance: float
    limit: float
    """Seconds of the processor."""

    def in_its_own_process(self) -> Run:
        """Its time and error; the process is ended when its time or memory is over."""
        fresh = multiprocessing.get_context("spawn")
        receiver, sender = fresh.Pipe(duplex=False)
        process, before = fresh.Process(target=self._send, args=(sender,)), seconds_of_children()
        process.start()
        sender.close()
        begun, found = receiver.recv(), None
        with suppress(EOFError):
            found = receiver.recv()
        process.join()
        if process.exitcode > 0:  # an error of its own; what a limit ends has a signal's, below 0
            raise RuntimeError(f"{self.mode} failed, see above; leave it out of --modes.")
        return found or Run(seconds_of_children() - before - begun, np.inf)

    def _send(self, sender: Connection) -> None:
        start = time.process_time()
        end = int(start + self.limit) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (end, end))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sender.send(start)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # pyamg is missing: cg_j would be taken
            warnings.filterwarnings("ignore", message="(?!.*pyamg)")
            try:
                error = float(np.abs(self._probabilities()[0] - self.answer).max())
            except MemoryError:
                error = np.inf
        sender.send(Run(time.process_time() - start, error))

    def _probabilities(self) -> np.ndarray:
        beta = RandomWalker.beta * 10 * self.volume.std()  # scikit-image divides by this
        return random_walker(
            self.volume, self.labels, beta, self.mode, tol=self.tolerance, return_full_prob=True
        )


def seconds_of_children() -> float:
    """Of the processor, taken by processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """A result, and the seconds of the processor that it took."""
    start = time.process_time()
    return work(), time.process_time() - start
