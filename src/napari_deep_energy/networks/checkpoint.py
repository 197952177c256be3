"""One safetensors file a model: weights, and in its metadata all that is needed to use them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..energy import EnergySpec, spec_from_dict, spec_to_dict
from ..errors import InvalidInput
from ..files import replacing
from .context_aggregation import Architecture, ContextAggregationNetwork

FORMAT = "napari-deep-energy/1"
BUNDLED = Path(__file__).parent.parent / "weights"


@dataclass(frozen=True)
class Checkpoint:
    """A trained network, the energy that it was trained for, and how."""

    network: ContextAggregationNetwork
    spec: EnergySpec
    training: dict[str, Any] = field(default_factory=dict)
    """Data, steps, samples, device, date, held-out results: JSON values."""
    name: str = ""

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
        try:
            with replacing(path) as draft:
                save_file(tensors, draft, metadata)
        except SafetensorError as error:
            raise InvalidInput(f"cannot write {path} ({error}).") from error

    @classmethod
    def load(cls, path: Path | str) -> Checkpoint:
        """Read a checkpoint; the network is returned in evaluation mode on the CPU.

        Raises
        ------
        InvalidInput
            If the file is missing, is not safetensors (a pickle is never loaded), or was not
            written by :meth:`save`.
        """
        path = Path(path)
        if not path.is_file():
            raise InvalidInput(f"there is no model at {path}; check the path.")
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
            network = Architecture(**json.loads(metadata["architecture"])).build()
            network.load_state_dict(tensors)
            spec = spec_from_dict(json.loads(metadata["energy"]))
            training = json.loads(metadata["training"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InvalidInput(f"{path.name} is damaged: {error}") from error
        return cls(network.eval(), spec, training, path.stem)


def bundled(task: str) -> Path:
    """Path of the checkpoint that comes with the plugin, for ``"segment"`` or ``"matte"``."""
    return BUNDLED / f"{task}.safetensors"
