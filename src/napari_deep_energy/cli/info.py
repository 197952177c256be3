"""``info``: versions, device, weights, and a self-test to paste into a report of a problem."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

PACKAGES = ("napari-deep-energy", "napari", "torch", "numpy", "scipy", "scikit-image", "qtpy")


def info() -> None:
    """Print versions, device and weights, and check that both engines answer."""
    console = Console()
    table = Table(show_header=False, box=None)
    for row in (*_versions(), *_devices(), *_weights()):
        table.add_row(*row)
    console.print(table)
    failures = [line for line in _self_test() if "failed" in line]
    for line in failures or ["self-test passed: both engines answer both tasks"]:
        console.print(line)
    if failures:
        raise typer.Exit(1)


def _versions() -> list[tuple[str, str]]:
    rows = [("python", f"{platform.python_version()} on {platform.platform()}")]
    for package in PACKAGES:
        try:
            rows.append((package, version(package)))
        except PackageNotFoundError:
            rows.append((package, "not installed"))
    return rows


def _devices() -> list[tuple[str, str]]:
    import torch

    from ..devices import choose_device

    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return [
        ("device", str(choose_device())),
        ("GPUs", ", ".join(names) or "none"),
        ("threads", str(torch.get_num_threads())),
    ]


def _weights() -> list[tuple[str, str]]:
    from ..energy import object_network
    from ..networks import Checkpoint, bundled

    rows = []
    for name in ("segment", "segment_prior", "segment_regions", "matte"):
        checkpoint = Checkpoint.load(bundled(name))
        told = _trained(checkpoint.training)
        rows.append((f"weights, {name}", f"{checkpoint.spec}, {told}"))
    told = _trained(object_network.metadata_of(object_network.BUNDLED))
    return [*rows, ("weights, objects", told)]


def _trained(about: dict[str, Any]) -> str:
    date, device, samples = (about.get(key, "?") for key in ("date", "device", "samples"))
    return f"trained {date} on {device}, {samples} samples"


def _self_test() -> list[str]:
    import numpy as np

    from ..interactive import InteractiveSolver, make_spec

    labels = np.zeros((32, 48), int)
    labels[4:8, 4:40], labels[26:30, 4:40] = 1, 2
    image = np.where(np.arange(32)[:, None] < 16, 0.2, 0.8) * np.ones((32, 48))
    lines = []
    for task in ("segment", "matte"):
        solver = InteractiveSolver(image, labels.shape, make_spec(task))
        for engine, solution in solver.solve(labels, "both").items():
            answers = solution.alpha if task == "matte" else solution.probabilities[0]
            right = answers[2].mean() > 0.5 > answers[-3].mean()
            lines.append(f"self-test, {task} by {engine}: {'passed' if right else 'failed'}")
    return lines
