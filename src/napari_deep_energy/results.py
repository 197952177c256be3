"""The folder of results that a command leaves: arrays, pictures to look at, and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .comparison import Comparison, compare
from .energy import EnergySpec, spec_to_dict
from .errors import InvalidInput
from .files import (
    axes_of,
    read_image,
    read_strokes,
    write_picture,
    write_report,
    write_text,
    write_tiff,
)
from .images import MOST_CHANNELS, channels_first
from .lazy_pictures import pixel_size_of
from .pictures import cutout, on_checkerboard, overlay
from .pixel_size import UNTOLD, PixelSize
from .seeds import is_trimap, labels_from_trimap

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .minimisers import Solution


@dataclass(frozen=True)
class Inputs:
    """A picture and its strokes, as read from files."""

    image: NDArray[Any]
    """(H, W), (H, W, C) or (C, H, W)."""
    strokes: NDArray[Any]
    """(H, W) labels."""
    name: str
    size: PixelSize = UNTOLD


def read_inputs(image: Path, strokes: Path, task: str, channels: bool = False) -> Inputs:
    """Read both files; for matting, a trimap becomes strokes.

    Parameters
    ----------
    image, strokes
        Paths of picture and labels, or for matting of a trimap.
    task
        ``"segment"`` or ``"matte"``.
    channels
        Whether planes are known to be the channels of one picture, however many.

    Raises
    ------
    InvalidInput
        If one of them cannot be read, or they do not fit together.
    """
    picture, labels = read_image(image), read_strokes(strokes)
    channels_first(picture, labels.shape)  # before anything slow: do they fit?
    if picture.shape[1:] == labels.shape and not channels:
        _refuse_stack(image, picture.shape)
    if is_trimap(labels):
        if task != "matte":
            raise InvalidInput(
                f"{strokes.name} reaches 255 like a trimap; to segment, give labels 1, 2, ... "
                "(or use matte)."
            )
        labels = labels_from_trimap(labels)
    return Inputs(picture, labels, image.name, pixel_size_of(image))


def _refuse_stack(path: Path, shape: tuple[int, ...]) -> None:
    if shape[0] > MOST_CHANNELS or axes_of(path)[:1] in ("Z", "T"):
        raise InvalidInput(
            f"{path.name} holds {shape[0]} planes of {shape[1]} x {shape[2]} pixels; segment a "
            "stack with the command volume, or say --channels if they are channels of one picture."
        )


def write_solution(
    folder: Path, inputs: Inputs, solution: Solution, spec: EnergySpec, gap: float | None = None
) -> None:
    """Write one engine's results; ``gap`` is E above the optimum, where that is known."""
    if spec.task == "matte":
        rgba = cutout(inputs.image, solution.alpha)
        write_tiff(folder / "alpha.tif", solution.alpha, "YX", inputs.size)
        write_picture(folder / "cutout.png", rgba)
        write_picture(folder / "overlay.png", on_checkerboard(rgba))
    else:
        kind = np.uint8 if max(solution.values) < 256 else np.int32
        write_tiff(folder / "labels.tif", solution.labels.astype(kind), "YX", inputs.size)
        write_tiff(folder / "probabilities.tif", solution.probabilities, "CYX", inputs.size)
        picture = overlay(inputs.image, solution.labels, inputs.strokes)
        write_picture(folder / "overlay.png", picture)
    write_report(folder / "report.json", report(inputs, solution, spec, gap))


def write_comparison(
    folder: Path, inputs: Inputs, solutions: dict[str, Solution], spec: EnergySpec
) -> Comparison:
    """Write both engines' results, their difference and the table; return the comparison."""
    comparison = compare(solutions["network"], solutions["analytic"])
    for row, solution in zip(comparison.rows, solutions.values(), strict=True):
        write_solution(folder / row.engine, inputs, solution, spec, row.gap)
    write_tiff(folder / "difference.tif", comparison.difference, "YX", inputs.size)
    write_text(folder / "comparison.csv", comparison.to_csv())
    write_report(folder / "report.json", comparison.to_dict())
    return comparison


def report(
    inputs: Inputs, solution: Solution, spec: EnergySpec, gap: float | None
) -> dict[str, Any]:
    """What ran and how good the answer is, as plain values."""
    if gap is None and solution.engine == "analytic":
        gap = 0.0
    return {
        "image": inputs.name,
        "shape": list(inputs.strokes.shape),
        "classes": list(solution.values),
        "spec": spec_to_dict(spec),
        "engine": solution.engine,
        "device": solution.device,
        "outcome": str(solution.outcome),
        "advice": solution.advice,
        "energy": solution.energy,
        "gap": gap,
        "residual": solution.residual,
        "seconds": solution.seconds,
    }
