"""Where a run computes: on the GPU where there is one, and on the CPU once that has failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from napari_deep_energy.fallback import cuda_or_why_not, is_device_failure, reason
from napari_deep_energy.memory import kept_memory

from .distributed import world_size
from .fit import Progress, fit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_deep_energy.networks import Checkpoint
    from napari_deep_energy.stopping import Stop

    from .evaluation import HeldOut
    from .objects import Objects
    from .recipe import Recipe


def fit_somewhere(
    recipe: Recipe,
    objects: Objects,
    held_out: HeldOut,
    folder: Path,
    stop: Stop,
    start: Checkpoint | None,
) -> Iterator[Progress]:
    """As :func:`fit.fit`; if the GPU fails, the CPU goes on from the last saved state.

    The items that the CPU yields carry a ``notice`` of why.
    """
    can_use, why = cuda_or_why_not()
    notice = f"The GPU cannot be used ({why}); training on the CPU." if why else ""
    if can_use:
        try:
            yield from fit(recipe, objects.to(torch.device("cuda")), held_out, folder, stop, start)
        except RuntimeError as error:
            # Processes that share a batch have to fail together.
            if not is_device_failure(error) or world_size() > 1:
                raise
            notice = f"The GPU failed ({reason(error)}); training goes on on the CPU."
        else:
            return
    with kept_memory():
        on_cpu = fit(recipe, objects.to(torch.device("cpu")), held_out, folder, stop, start)
        for progress in on_cpu:
            yield replace(progress, notice=notice)
