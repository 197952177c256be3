"""The results of a tiled run while it runs: arrays that tiles write their chunks to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..extras import require
from ..ome import write_levels
from ..stopping import never
from .tasks import compute_here, silent

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..pixel_size import PixelSize
    from ..stopping import Stop
    from .grid import Box
    from .plan import Plan
    from .tasks import Progress


READY = "ready"
"""A file that is there once the arrays are."""


@dataclass(frozen=True)
class Stores:
    """Arrays on disk that tiles write their results to, one chunk a tile."""

    x: str
    labels: str | None


def make_stores(zarr: Any, folder: Path, plan: Plan) -> Stores:
    """Make a folder with empty results; those of an earlier run go on to be filled."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = 1 if plan.source.spec.task == "matte" else len(plan.source.values)
    grid, size = plan.grid, plan.grid.size
    x, labels = str(folder / "x.zarr"), str(folder / "labels.zarr")
    chunk = (grid.tile, grid.tile)
    if (folder / READY).exists():
        return Stores(x, None if plan.source.spec.task == "matte" else labels)
    zarr.create_array(x, shape=(classes, *size), chunks=(1, *chunk), dtype="float32")
    if plan.source.spec.task == "matte":
        (folder / READY).touch()
        return Stores(x, None)
    kind = "uint8" if max(plan.source.values) < 256 else "int32"
    zarr.create_array(labels, shape=size, chunks=chunk, dtype=kind)
    (folder / READY).touch()
    return Stores(x, labels)


def store_tile(stores: Stores, values: tuple[int, ...], box: Box, x: NDArray[np.floating]) -> None:
    """Write x (K, h, w) of the pixels that a tile owns, and its labels."""
    zarr = require("zarr", "a tiled run")
    window = slice(box.top, box.bottom), slice(box.left, box.right)
    zarr.open_array(stores.x, mode="r+")[(slice(None), *window)] = x.clip(0, 1).astype(np.float32)
    if stores.labels is not None:
        labels = np.array(values)[x.argmax(0)]
        zarr.open_array(stores.labels, mode="r+")[window] = labels


def finish(
    folder: Path, stores: Stores, size: PixelSize, stop: Stop = never, progress: Progress = silent
) -> None:
    """Pyramids beside the scratch folder.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.
    """

    def write(name: str, array: Any, axes: str) -> None:
        parts = write_levels(folder / f"{name}.ome.zarr", array, axes, size, name == "labels")
        compute_here(parts, stop, progress, "parts of results written")

    da = require("dask.array", "a tiled run")
    x = da.from_zarr(stores.x)
    if stores.labels is None:
        write("alpha", x[0], "yx")
        return
    write("probabilities", x, "cyx")
    write("labels", da.from_zarr(stores.labels), "yx")
