"""Files that are no models, by the cases of docs/bad-input.md; each is made at a path."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from napari_deep_energy.networks import Architecture, bundled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Bomb:
    """Makes the file ``ran`` in its folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return (self.folder.joinpath("ran").touch, ())


def parts() -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Weights and metadata of the bundled model."""
    with safe_open(bundled("segment"), "pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, dict(file.metadata())  # noqa: SIM118


def saved(path: Path, weights: dict[str, torch.Tensor] | None = None, **metadata: str) -> None:
    tensors, said = parts()
    save_file(tensors if weights is None else weights, path, {**said, **metadata})


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb(path.parent)))


def torch_saved(path: Path) -> None:
    torch.save({"weights": torch.zeros(3), "run": Bomb(path.parent)}, path)


def truncated(path: Path) -> None:
    path.write_bytes(bundled("segment").read_bytes()[:400_000])


def foreign(path: Path) -> None:
    save_file({"a": torch.zeros(1)}, path)


def without_numbers(path: Path) -> None:
    tensors, _ = parts()
    saved(path, {key: value * torch.nan if value.is_floating_point() else value
                 for key, value in tensors.items()})  # fmt: skip


def without_output(path: Path) -> None:
    tensors, _ = parts()
    saved(path, {key: value for key, value in tensors.items() if "output" not in key})


def of_four_channels(path: Path) -> None:
    sizes = Architecture(in_channels=4)
    saved(path, sizes.build().state_dict(), architecture=json.dumps(sizes.to_dict()))


WRONG: dict[str, Callable[[Path], object]] = {
    "no-model": lambda path: None,
    "model-folder": lambda path: path.mkdir(),
    "pickle": pickled,
    "torch-save": torch_saved,
    "truncated-model": truncated,
    "empty-model": lambda path: path.write_bytes(b""),
    "foreign-model": foreign,
    "other-task": lambda path: path.write_bytes(bundled("matte").read_bytes()),
    "nan-model": without_numbers,
    "missing-weights": without_output,
    "boastful-model": lambda path: saved(path, architecture='{"width": 1000000}'),
    "deep-model": lambda path: saved(path, training="[" * 100_000),
    "unknown-energy": lambda path: saved(path, energy='{"task": "levitate"}'),
    "four-channels": of_four_channels,
}
