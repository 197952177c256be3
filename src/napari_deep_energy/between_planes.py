"""The network on the painted planes of a volume; the solver carries its answer to the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .energy.parameters import check_number
from .images import channels_first, normalise
from .minimisers import Outcome, Solution
from .seeds import check_labels
from .stopping import Stop, never
from .volumes import segment_stack, segment_volume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .networks import Checkpoint

SURE = 0.8
"""Probability from which the network's word counts as a stroke."""


def segment_between(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    spacing: tuple[float, ...] | None = None,
    sure: float = SURE,
    model: Checkpoint | Path | str | None = None,
    device: str = "auto",
    stop: Stop = never,
) -> Solution:
    """Segment a volume of which some planes have strokes.

    The network, as of :func:`segment`, answers each plane whose strokes hold two labels or more.
    Where it is sure, that is a stroke too, and the 3D random walker finds all other voxels.

    Parameters
    ----------
    image, seeds, spacing, device, stop
        As in :func:`segment_volume`.
    sure
        Probability from 0.5 to 1 from which the network's answer counts as a stroke.
    model
        As in :func:`segment`.

    Returns
    -------
    Solution
        As of :func:`segment_volume`, an estimate: exact for the strokes and what the network took
        from them.

    Raises
    ------
    InvalidInput, Cancelled
        As :func:`segment_volume`.
    """
    check_number("sure", sure, 0.5, 1)
    labels = check_labels(seeds)
    volume = normalise(channels_first(np.asarray(image), labels.shape))
    painted = np.zeros_like(labels)
    for number, plane in enumerate(labels):
        if len(np.unique(plane[plane > 0])) > 1:
            painted[number] = plane
    widened = labels.copy()
    if painted.any():
        answers = segment_stack(
            volume, painted, engine="network", model=model, device=device, stop=stop
        )
        for number, answer in answers:
            is_sure = (answer.probabilities.max(0) >= sure) & (labels[number] == 0)
            widened[number] = np.where(is_sure, answer.labels, labels[number])
    found = segment_volume(volume, widened, spacing=spacing, device=device, stop=stop)
    is_exact = found.outcome is Outcome.EXACT
    return replace(found, outcome=Outcome.ESTIMATE if is_exact else found.outcome)
