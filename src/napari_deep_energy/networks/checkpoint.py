"""One safetensors file a model: weights, and in its metadata all that is needed to use them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..energy import EnergySpec, spec_from_dict, spec_to_dict
from ..errors import InvalidInput
from ..files import write_bytes
from .context_aggregation import Architecture, ContextAggregationNetwork

FORMAT = "napari-deep-energy/1"
BUNDLED = Path(__file__).parent.parent / "weights"


REFINE = "refine"
"""Key of the metadata: see :attr:`Checkpoint.refine`."""
MOST_STEPS, MOST_OF_A_FILE = 10_000, 512
"""Steps down the energy that a caller may ask for, and a file: in tiles each widens the margin."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network, the energy that it was trained for, and how."""

    network: ContextAggregationNetwork
    spec: EnergySpec
    training: dict[str, Any] = field(default_factory=dict)
    """Data, steps, samples, device, date, held-out results: JSON values."""
    name: str = ""

    @property
    def refine(self) -> int | None:
        """Steps down the energy that suit this network, if its training found that out."""
        steps = self.training.get(REFINE)
        if isinstance(steps, int) and not isinstance(steps, bool) and 0 <= steps <= MOST_OF_A_FILE:
            return steps
        return None

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        metadata = {
            "format": FORMAT,
            "architecture": json.dumps(self.network.architecture.to_dict()),
            "energy": json.dumps(spec_to_dict(self.spec)),
            "training": json.dumps(self.training),
        }
        state = self.network.state_dict().items()
        tensors = {k: v.detach().cpu().contiguous() for k, v in state}
        write_bytes(path, save(tensors, metadata))

    @classmethod
    def load(cls, path: Path | str) -> Checkpoint:
        """Read a checkpoint; the network is returned in evaluation mode on the CPU.

        Raises
        ------
        InvalidInput
            If the file is missing, is not safetensors (a pickle is never loaded), or was not
            written by :meth:`save`.
        """
        path = existing(path)
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise InvalidInput(
                f"{path.name} is not a safetensors checkpoint ({error}); choose a file written by "
                "the training or fine-tuning of this plugin."
            ) from error
        if metadata.get("format") != FORMAT:
            raise InvalidInput(
                f"{path.name} has format {metadata.get('format')!r}, not {FORMAT!r}; choose a file "
                "written by the training or fine-tuning of this plugin."
            )
        try:
            network = _network(metadata["architecture"], tensors)
            spec = spec_from_dict(json.loads(metadata["energy"]))
            training = dict(json.loads(metadata["training"]))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0].rstrip(":")
            raise InvalidInput(
                f"{path.name} is damaged ({reason}); choose another model, or train it anew."
            ) from error
        return cls(network.eval(), spec, training, path.stem)


def existing(path: Path | str) -> Path:
    """The path of a checkpoint that is there.

    Raises
    ------
    InvalidInput
        If there is no such file, or it is no path at all.
    """
    try:
        path = Path(path)
        is_there = path.is_file()
    except (TypeError, OSError):  # no path, or one that is too long
        is_there = False
    if not is_there:
        raise InvalidInput(f"there is no model at {path}; check the path.")
    return Path(path)


def _network(architecture: str, tensors: dict[str, torch.Tensor]) -> ContextAggregationNetwork:
    """Network of an untrusted description with these weights.

    It is laid out without memory, so that a description that does not fit its weights costs
    nothing, however large it says it is.
    """
    with torch.device("meta"):
        network = Architecture(**json.loads(architecture)).build()
    network.load_state_dict(tensors, assign=True)
    return network.float()


def bundled(name: str) -> Path:
    """Path of a checkpoint that comes with the plugin.

    Its name is ``"segment"`` (the paper's energy), ``"segment_prior"`` (the colour-aware one),
    ``"segment_regions"`` (the same, to say from few strokes what more of them would: what fine-
    tuning starts from) or ``"matte"``.
    """
    return BUNDLED / f"{name}.safetensors"


def bundled_for(spec: EnergySpec) -> Path:
    """Path of the bundled checkpoint that was trained on an energy like this one."""
    return bundled(f"{spec.task}_prior" if spec.has_prior else spec.task)
