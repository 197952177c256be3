"""The files of one picture's results, in the formats that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InvalidInput
from .ome import write_ome_zarr
from .picture_files import LARGEST_IN_PNG, write_labels_png, write_picture, write_tiff
from .pictures import cutout, on_checkerboard, overlay
from .pixel_size import UNTOLD, PixelSize

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .energy import EnergySpec
    from .inputs import Inputs
    from .minimisers import Solution


def label_type(largest: int) -> type[np.integer]:
    """What labels up to ``largest`` are written as, where a format takes any."""
    return np.uint8 if largest < 256 else np.int32


def write_outputs(
    folder: Path, inputs: Inputs, solution: Solution, spec: EnergySpec, formats: tuple[str, ...]
) -> None:
    """Write ``labels`` and ``probabilities``, or ``alpha``.

    An 8-bit PNG cannot hold probabilities: it has the labels, or alpha in 255 steps.

    Raises
    ------
    InvalidInput
        If a label is too large for a PNG, or the disk is full.
    """
    if spec.task == "matte":
        arrays = {"alpha": (solution.alpha, "yx")}
    else:
        labels = solution.labels.astype(label_type(max(solution.values)))
        arrays = {
            "labels": (labels, "yx"),
            "probabilities": (solution.probabilities, "cyx"),
        }
    for name, (array, axes) in arrays.items():
        if "tiff" in formats:
            write_tiff(folder / f"{name}.tif", array, axes.upper(), inputs.size)
        if "ome-zarr" in formats:
            _write_ome_zarr(folder, name, array, axes, inputs.size)
    if "png" in formats:
        _write_png(folder, solution, spec.task)


def write_stack(
    folder: Path, values: NDArray[Any], inputs: Inputs, task: str, formats: tuple[str, ...]
) -> None:
    """Write the ``labels`` or ``alpha`` of a stack, (N, H, W); a PNG holds no stack.

    Raises
    ------
    InvalidInput
        If PNG alone was asked for, or the disk is full.
    """
    name = "alpha" if task == "matte" else "labels"
    if set(formats) <= {"png"}:
        raise InvalidInput("a stack does not fit into a PNG; ask for TIFF or OME-Zarr, too.")
    if "tiff" in formats:
        write_tiff(folder / f"{name}.tif", values, inputs.axes, inputs.size)
    if "ome-zarr" in formats:
        _write_ome_zarr(folder, name, values, inputs.axes.lower(), inputs.size)


def write_whole(
    folder: Path, values: NDArray[Any], image: NDArray[Any], size: PixelSize = UNTOLD
) -> None:
    """Write a picture's ``labels``, or if they are no integers its ``alpha`` and ``cutout``.

    Parameters
    ----------
    values
        (H, W) labels, or opacities in [0, 1].
    image
        (H, W) or (H, W, C).
    """
    if np.issubdtype(values.dtype, np.integer):
        largest = int(values.max(initial=0))
        write_tiff(folder / "labels.tif", values.astype(label_type(largest)), "YX", size)
        if largest <= LARGEST_IN_PNG:
            write_labels_png(folder / "labels.png", values)
        return
    write_tiff(folder / "alpha.tif", values.astype(np.float32), "YX", size)
    write_picture(folder / "alpha.png", _in_steps(values))
    write_picture(folder / "cutout.png", cutout(image, values))


def _in_steps(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    steps: NDArray[np.uint8] = np.rint(255 * alpha).astype(np.uint8)
    return steps


def _write_ome_zarr(
    folder: Path, name: str, array: NDArray[Any], axes: str, size: PixelSize
) -> None:
    is_labels = name == "labels"
    write_ome_zarr(folder / f"{name}.ome.zarr", array, axes, size, is_labels=is_labels)


def write_pictures(folder: Path, inputs: Inputs, solution: Solution, task: str) -> None:
    """Write pictures to look at: ``overlay.png``, and of a matte ``cutout.png``."""
    if task == "matte":
        rgba = cutout(inputs.image, solution.alpha)
        write_picture(folder / "cutout.png", rgba)
        picture = on_checkerboard(rgba)
    else:
        picture = overlay(inputs.image, solution.labels, inputs.strokes)
    write_picture(folder / "overlay.png", picture)


def _write_png(folder: Path, solution: Solution, task: str) -> None:
    if task == "matte":
        write_picture(folder / "alpha.png", _in_steps(solution.alpha))
        return
    if (largest := max(solution.values)) > LARGEST_IN_PNG:
        raise InvalidInput(f"label {largest} does not fit into a PNG; ask for TIFF or OME-Zarr.")
    write_labels_png(folder / "labels.png", solution.labels)
