"""The network that answers for an energy: the bundled one, or one of the user's that suits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidInput
from .checkpoint import Checkpoint, bundled

if TYPE_CHECKING:
    from pathlib import Path

IN_CHANNELS = 5
OUT_CHANNELS = {"segment": 2, "matte": 1}
"""Of a network: three of the picture and two of the seeds in, two classes or one alpha out."""


def load_model(
    model: Checkpoint | Path | str | None, task: str, has_prior: bool = False
) -> Checkpoint:
    """The checkpoint to use for ``task`` and an energy with or without a prior.

    Raises
    ------
    InvalidInput
        If the model is of another task, or needs the prior that the energy does not have.
    """
    own = bundled(f"{task}_prior" if has_prior else task)
    checkpoint = model if isinstance(model, Checkpoint) else Checkpoint.load(model or own)
    if checkpoint.spec.task != task:
        raise InvalidInput(
            f"the model {checkpoint.name!r} was trained to {checkpoint.spec.task}, not to {task}; "
            f"choose a model for {task}."
        )
    sizes = checkpoint.network.architecture
    if sizes.sees_prior and not has_prior:
        raise InvalidInput(
            f"the model {checkpoint.name!r} was trained on the colour-aware energy; choose that "
            "energy, or another model."
        )
    in_channels = IN_CHANNELS + sizes.sees_prior
    if (sizes.in_channels, sizes.out_channels) != (in_channels, OUT_CHANNELS[task]):
        raise InvalidInput(
            f"the model {checkpoint.name!r} turns {sizes.in_channels} channels into "
            f"{sizes.out_channels}; to {task} takes {in_channels} and {OUT_CHANNELS[task]}, so "
            "choose another model."
        )
    return checkpoint
