"""Answering all of a picture, what is not on display too: as work for a thread.

Nothing here knows Qt or napari, and torch is imported when the first job runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ..stopping import check
from .choices import call_parameters, spec_of
from .solving import load
from .torch_import import import_solver

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..layers import Picture
    from ..pixel_size import PixelSize
    from ..stopping import Stop
    from .choices import Choices
    from .worker import Report

Way: TypeAlias = Literal["volume", "network", "planes", "tiles"]
WAYS: dict[str, str] = {
    "volume": "3D, exact",
    "network": "network, solver between planes",
    "planes": "painted planes, one by one",
    "tiles": "tile by tile, exact",
}
VOXEL_SECONDS, TILE_SECONDS = 3e-5, {"segment": 5e-6, "matte": 3e-5}
"""Measured on two cores, of a voxel and class and of a pixel."""


@dataclass(frozen=True, eq=False)
class WholeRequest:
    """One picture to answer whole. Made on the GUI thread, read on the worker's."""

    picture: Picture
    seeds: Any
    """Of the picture's spatial shape; the worker's own copy."""
    size: PixelSize
    choices: Choices
    way: Way
    folder: Path
    """For results that are too large for the memory."""


@dataclass(frozen=True, eq=False)
class WholeAnswer:
    """Labels, or opacities if they are not integers."""

    levels: tuple[Any, ...]
    """NumPy of the picture's spatial shape, or dask, the finest first, read when looked at."""
    text: str
    """What was done, in words."""


@dataclass(frozen=True)
class Step:
    """How far a run has come."""

    done: int
    total: int
    unit: str
    """What is counted, such as ``"planes done"``."""


def ways_of(picture: Picture, task: str, is_movie: bool = False) -> tuple[Way, ...]:
    """How a picture can be answered whole, the usual way first; none if it has too many axes."""
    if len(picture.shape) == 2:
        return ("tiles",)
    if len(picture.shape) == 3:
        if task == "matte":
            return ("planes",)
        volume: tuple[Way, ...] = ("volume", "network")
        return ("planes", *volume) if is_movie else (*volume, "planes")
    return ()


def question(request: WholeRequest, report: Report, stop: Stop) -> str:
    """What the run will take; refuses what cannot be run.

    Raises
    ------
    InvalidInput
        In words fit for the user.
    """
    import_solver()
    if request.way == "tiles":
        from ..tiled import plan_tiled

        given = _array(request.picture), request.seeds, spec_of(request.choices)
        plan = plan_tiled(*given, stop=stop, progress=partial(_report_step, report))
        seconds = TILE_SECONDS[given[2].task] * math.prod(request.picture.shape)
        return f"{plan.estimate}, {_minutes(seconds)}; into {request.folder}."
    if request.way == "planes":
        painted = sum(bool(plane.any()) for plane in request.seeds)
        return f"{len(request.seeds)} planes, strokes on {painted} of them."
    from ..minimisers.multigrid import memory_needed
    from ..minimisers.volume import check_memory

    classes = len(np.unique(request.seeds[request.seeds > 0]))
    check_memory(request.picture.shape, classes)
    memory = memory_needed(request.picture.shape, classes) / 2**30
    seconds = VOXEL_SECONDS * request.seeds.size * max(1, classes - 1)
    steps = " x ".join(f"{step:g}" for step in request.size.spacing)
    return (
        f"{request.seeds.size / 1e6:.2g} million voxels of {steps}: {memory:.1f} GiB, "
        f"{_minutes(seconds)}; by the paper's energy."
    )


def run(request: WholeRequest, report: Report, stop: Stop) -> WholeAnswer:
    """Do it; steps are reported on the way.

    Raises
    ------
    InvalidInput
        In words fit for the user.
    Cancelled
        If ``stop`` returned true.
    """
    import_solver()
    return {"tiles": _tiles, "planes": _planes, "volume": _volume, "network": _network}[
        request.way
    ](request, report, stop)


def _tiles(request: WholeRequest, report: Report, stop: Stop) -> WholeAnswer:
    from ..ome import read_ome_zarr
    from ..tiled import solve_tiled

    solution = solve_tiled(
        _array(request.picture),
        request.seeds,
        request.folder,
        spec_of(request.choices),
        size=request.size,
        stop=stop,
        progress=partial(_report_step, report),
    )
    levels = read_ome_zarr(solution.labels or solution.probabilities).levels
    return WholeAnswer(levels, f"{solution.estimate.tiles} tiles; results in {request.folder}.")


def _volume(request: WholeRequest, report: Report, stop: Stop) -> WholeAnswer:
    from ..volumes import segment_volume

    solution = segment_volume(
        _voxels(request.picture),
        request.seeds,
        spacing=request.size.spacing,
        spec=_paper(request),
        device=request.choices.device,
        stop=stop,
    )
    text = f"3D: {solution.outcome}, {solution.seconds:.1f} s. {solution.advice}".strip()
    return WholeAnswer((solution.labels.astype(request.seeds.dtype),), text)


def _network(request: WholeRequest, report: Report, stop: Stop) -> WholeAnswer:
    from ..between_planes import segment_between

    solution = segment_between(
        _voxels(request.picture),
        request.seeds,
        spacing=request.size.spacing,
        model=request.choices.model,
        device=request.choices.device,
        stop=stop,
    )
    text = f"Network, solver between: {solution.outcome}, solver {solution.seconds:.1f} s."
    return WholeAnswer((solution.labels.astype(request.seeds.dtype),), text)


def _planes(request: WholeRequest, report: Report, stop: Stop) -> WholeAnswer:
    from ..volumes import segment_stack

    painted = sum(bool(plane.any()) for plane in request.seeds)
    is_matte = request.choices.task == "matte"
    whole = np.zeros(request.seeds.shape, np.float32 if is_matte else request.seeds.dtype)
    engine: Any = "network" if request.choices.engine == "network" else "analytic"
    answers = segment_stack(
        _voxels(request.picture),
        request.seeds,
        spec=spec_of(request.choices),
        engine=engine,
        model=request.choices.model,
        device=request.choices.device,
        stop=stop,
    )
    for done, (number, solution) in enumerate(answers, 1):
        whole[number] = solution.alpha if is_matte else solution.labels
        report(Step(done, painted, "planes done"))
        check(stop)
    return WholeAnswer((whole,), f"{painted} of {len(whole)} planes answered.")


def _report_step(report: Report, done: int, total: int, unit: str) -> None:
    report(Step(done, total, unit))


def _paper(request: WholeRequest) -> Any:
    """The paper's energy, for volumes."""
    parameters = {**call_parameters(request.choices), "energy": "paper"}
    for name in ("prior", "objects"):
        parameters.pop(name, None)
    parameters["beta"] = request.choices.beta
    return import_solver().make_spec(request.choices.task, **parameters)


def _array(picture: Picture) -> Any:
    """A flat picture's own array, read where it is needed; the opacity of RGBA is dropped."""
    return picture.data[..., :3] if picture.rgb and picture.data.shape[-1] > 3 else picture.data


def _voxels(picture: Picture) -> NDArray[Any]:
    """All of a stack, in memory."""
    return load(replace(picture, index=(slice(None),) * len(picture.shape)))


def _minutes(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds > 120 else f"about {max(1, seconds):.0f} s"
