"""The state of a training run on disk: what makes it resumable, and the best network so far."""

from __future__ import annotations

import copy
import csv
import datetime
import json
import math
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.fallback import reason
from napari_deep_energy.files import make_folder, remove_drafts_of, replacing, write_bytes
from napari_deep_energy.networks import REFINE, Checkpoint

from .distributed import rank

if TYPE_CHECKING:
    from pathlib import Path

    from napari_deep_energy.networks import ContextAggregationNetwork

    from .objects import Objects
    from .recipe import Recipe

POSITION = (
    "step", "samples", "recorded", "ratio", "first_ratio", "best_ratio", "iou_gain", "baseline",
)  # fmt: skip
"""Attributes of a run that are saved beside its tensors."""
COLUMNS = ("step", "samples", "loss", "ratio", "iou_gain")


class RunState:
    """Network, optimiser and position of a run; saved whole at each measurement."""

    def __init__(
        self, folder: Path, recipe: Recipe, source: str, network: ContextAggregationNetwork
    ) -> None:
        self.folder = folder
        self.recipe = recipe
        self.source = source
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.train()
        self.forward = torch.compile(network) if recipe.compiled else network
        is_averaged = recipe.optimiser.average > 0
        self.kept = copy.deepcopy(self.network) if is_averaged else self.network
        """The network that is measured and saved."""
        self.optimiser = torch.optim.Adam(network.parameters(), recipe.optimiser.learning_rate)
        self.step = 0
        self.samples = 0
        self.recorded = -1
        self.ratio = self.first_ratio = self.iou_gain = math.nan
        self.best_ratio = math.inf
        self.baseline: dict[str, float] = {}
        self.history: dict[str, Any] = {}

    @property
    def state_path(self) -> Path:
        """All that is needed to go on."""
        return self.folder / "state.safetensors"

    @property
    def best_path(self) -> Path:
        """Checkpoint with the lowest held-out energy, or in fused training the last."""
        return self.folder / f"{self.recipe.task}.safetensors"

    @property
    def log_path(self) -> Path:
        """One line a measurement."""
        return self.folder / "log.csv"

    @classmethod
    def open(
        cls,
        folder: Path,
        recipe: Recipe,
        objects: Objects,
        start: Checkpoint | None = None,
    ) -> RunState:
        """Continue the run in ``folder``, or begin one there; no other may be at work in it.

        Raises
        ------
        InvalidInput
            If the folder holds a run of another recipe.
        """
        make_folder(folder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = recipe.architecture.build()
        if start is not None:
            network.load_state_dict(start.network.state_dict())
        run = cls(folder, recipe, objects.source, network.to(objects.masks.device))
        run.history = start.training if start else {}
        if rank() == 0:
            for path in (run.state_path, run.best_path, run.log_path):
                remove_drafts_of(path, untouched=0)
        if run.state_path.is_file():
            run._resume()
        elif rank() == 0:
            run._write_log([])
        return run

    def record(self, figures: dict[str, float], loss: float, refine: int | None = None) -> None:
        """Note a measurement; save the network if it is to be kept, and the state in any case.

        ``refine`` is how many steps down the energy suit the network, if that was found out.
        """
        if self.recorded == self.step:  # a resumed run measures once more where it begins
            return
        ratio, iou_gain = figures["energy_ratio"], figures["iou_gain"]
        self.recorded, self.ratio, self.iou_gain = self.step, ratio, iou_gain
        if math.isnan(self.first_ratio):
            self.first_ratio = ratio
        # Once masks are in the loss the energy alone no longer says which network is best, and the
        # held-out masks must not: the last one is kept.
        if ratio < self.best_ratio or (self.recipe.labelled_weight and math.isfinite(ratio)):
            self.best_ratio = ratio
            about = self.metadata(figures) | ({} if refine is None else {REFINE: refine})
            Checkpoint(self.kept, self.recipe.energy, about).save(self.best_path)
        row = (self.step, self.samples, f"{loss:.6g}", f"{ratio:.6g}", f"{iou_gain:.6g}")
        self._write_log([*self._read_log(), list(map(str, row))])
        self._save()

    def blend(self) -> None:
        """Take the weights of the last step into the average."""
        if self.kept is self.network:
            return
        # The first steps weigh less, or the average would long remember where it began.
        share = min(self.recipe.optimiser.average, (self.step + 1) / (self.step + 10))
        trained = self.network.state_dict()
        with torch.no_grad():
            for name, mean in self.kept.state_dict().items():
                if mean.is_floating_point():
                    mean.lerp_(trained[name], 1 - share)
                else:
                    mean.copy_(trained[name])

    def metadata(self, figures: dict[str, float]) -> dict[str, object]:
        """What a checkpoint says about its training."""
        return {
            "data": self.source,
            "steps": self.step,
            "samples": self.samples,
            "device": _name(next(self.network.parameters()).device),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "recipe": json.loads(json.dumps(self.recipe.to_dict())),
            "started_from": self.history or "random weights",
            "held_out": {
                "objects": self.recipe.held_out,
                "size": self.recipe.held_out_size,
                "energy_ratio_at_start": self.first_ratio,
                **figures,
                **self.baseline,
            },
        }

    def _save(self) -> None:
        tensors = {f"network.{k}": v.contiguous() for k, v in self.network.state_dict().items()}
        if self.kept is not self.network:
            kept = self.kept.state_dict().items()
            tensors |= {f"kept.{k}": v.contiguous() for k, v in kept}
        for index, entry in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{k}": v.contiguous() for k, v in entry.items()}
        progress = {name: getattr(self, name) for name in POSITION}
        metadata = {"progress": json.dumps(progress), "recipe": json.dumps(self.recipe.to_dict())}
        write_bytes(self.state_path, save(tensors, metadata))

    def _resume(self) -> None:
        try:
            self._read()
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(
                f"{self.state_path} cannot be read ({reason(error)}); give another folder, or "
                "remove this file to begin anew."
            ) from error
        if rank() == 0:
            self._write_log([row for row in self._read_log() if int(row[0]) <= self.step])

    def _read(self) -> None:
        with safe_open(self.state_path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        if json.loads(metadata["recipe"]) != json.loads(json.dumps(self.recipe.to_dict())):
            raise InvalidInput(
                f"{self.folder} holds a run of another recipe; give another folder, or remove it."
            )
        progress = json.loads(metadata["progress"])
        for name in POSITION:
            setattr(self, name, progress[name])
        for prefix, network in (("network.", self.network), ("kept.", self.kept)):
            state = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            if state:
                network.load_state_dict(state)
        adam: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith("adam."):
                _, index, name = key.split(".")
                adam.setdefault(int(index), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": adam, "param_groups": groups})

    def _read_log(self) -> list[list[str]]:
        """Complete lines; a run that was killed may have left half of one, or no log."""
        if not self.log_path.is_file():
            return []
        with self.log_path.open(newline="", errors="replace") as file:
            rows = [row for row in list(csv.reader(file))[1:] if len(row) == len(COLUMNS)]
        return [row for row in rows if row[0].isdecimal()]

    def _write_log(self, rows: list[list[str]]) -> None:
        with replacing(self.log_path) as draft, draft.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])


def _name(device: torch.device) -> str:
    """Which GPU it was says more than its number."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
