"""``volume`` and ``tiled``: what is too deep or too large for ``segment`` and ``matte``."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID

from .options import (
    Beta,
    Device,
    Energy,
    EnergyChoice,
    Epsilon,
    HardSeeds,
    Lam,
    Objects,
    Output,
    Prior,
    Scheduler,
    Task,
    check_parameters,
)
from .printing import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..energy import RandomWalker
    from ..pixel_size import PixelSize

ImageFile = Annotated[Path, typer.Argument(help="TIFF or OME-Zarr.")]
StrokesFile = Annotated[
    Path, typer.Argument(help="Labels of the picture's size: 0 unlabelled, 1, 2, ...")
]

MOST_MEMORY = 1e6
"""GiB."""


def volume(
    image: ImageFile,
    strokes: StrokesFile,
    output: Output = Path("volume"),
    spacing: Annotated[
        str | None, typer.Option(help="Size of a voxel as Z,Y,X; by default what the file tells.")
    ] = None,
    planes: Annotated[
        bool, typer.Option(help="One plane after another, each by its own strokes (T or Z).")
    ] = False,
    network: Annotated[
        bool,
        typer.Option(help="The network on the painted planes, the solver between them."),
    ] = False,
    beta: Beta = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    device: Device = "auto",
) -> None:
    """Segment a volume or a stack: labels.ome.tif, probabilities.ome.tif and report.json."""
    from ..errors import InvalidInput
    from ..interactive import make_spec
    from ..lazy_pictures import open_picture
    from ..pixel_size import PixelSize

    if network and (planes or beta is not None or lam is not None or hard_seeds):
        raise InvalidInput(
            "--network goes by the energy that its model was trained for, on a whole volume; "
            "leave out --planes, --beta, --lam and --hard-seeds."
        )
    given: Any = {"beta": beta, "lam": lam, "hard_seeds": hard_seeds}
    picture, seeds = open_picture(image), open_picture(strokes)
    stack = "TYX" if "Z" not in picture.axes and "T" in picture.axes else "ZYX"
    data, labels = picture.arranged(stack), seeds.arranged(seeds.axes.strip("CS")[-3:])
    size = PixelSize(_steps(spacing), picture.unit) if spacing else picture.size
    if planes or stack == "TYX":
        colour: Any = make_spec("segment", **given)
        _planes(data, labels, colour, device, output, size, stack)
        return
    paper: Any = make_spec("segment", "paper", **given)
    _whole(data, labels, None if network else paper, device, output, size)


def _whole(
    data: Any,
    labels: Any,
    spec: RandomWalker | None,
    device: str,
    output: Path,
    size: PixelSize,
) -> None:
    import numpy as np

    from ..between_planes import segment_between
    from ..energy import RandomWalker, spec_to_dict
    from ..files import write_report
    from ..outputs import label_type
    from ..picture_files import write_tiff
    from ..volumes import segment_volume

    given, steps = (np.asarray(data), np.asarray(labels)), size.along("ZYX")
    with Console(stderr=True).status("solving"):
        if spec is None:
            solution = segment_between(*given, spacing=steps, device=device)
        else:
            solution = segment_volume(*given, spacing=steps, spec=spec, device=device)
    labels = solution.labels.astype(label_type(max(solution.values)))
    write_tiff(output / "labels.ome.tif", labels, "ZYX", size)
    write_tiff(output / "probabilities.ome.tif", solution.probabilities, "CZYX", size)
    report = {
        "spacing": list(steps),
        "unit": size.unit,
        "classes": list(solution.values),
        "spec": spec_to_dict(spec or RandomWalker()),
        "by_network": spec is None,
        "outcome": str(solution.outcome),
        "energy": solution.energy,
        "residual": solution.residual,
        "error": solution.error,
        "seconds": solution.seconds,
    }
    write_report(output / "report.json", report)
    say(
        f"{solution.outcome}, energy {solution.energy:.4g}, {solution.seconds:.2f} s; results in "
        f"{output}"
    )


def _planes(
    data: Any,
    labels: Any,
    spec: RandomWalker,
    device: str,
    output: Path,
    size: PixelSize,
    axes: str,
) -> None:
    import numpy as np

    from ..energy import spec_to_dict
    from ..files import write_report
    from ..outputs import label_type
    from ..picture_files import write_tiff
    from ..volumes import segment_stack

    strokes = np.asarray(labels)
    result = np.zeros(strokes.shape, label_type(int(strokes.max(initial=0))))
    done = []
    for number, solution in segment_stack(np.asarray(data), strokes, spec=spec, device=device):
        result[number] = solution.labels
        done.append({"plane": number, "engine": solution.engine, "energy": solution.energy})
    write_tiff(output / "labels.ome.tif", result, axes, size)
    write_report(output / "report.json", {"spec": spec_to_dict(spec), "planes": done})
    say(f"{len(done)} of {len(result)} planes; results in {output}")


def _steps(text: str) -> tuple[float, ...]:
    from ..errors import InvalidInput

    try:
        steps = tuple(float(part) for part in text.split(","))
    except ValueError:
        steps = ()
    if len(steps) != 3:
        raise InvalidInput(f"--spacing {text!r} is not three numbers such as 2,0.5,0.5.")
    return steps


def tiled(
    image: ImageFile,
    strokes: StrokesFile,
    output: Output = Path("tiled"),
    task: Annotated[Task, typer.Option(help="What is asked.")] = Task.segment,
    tile: Annotated[int, typer.Option(help="Rows and columns of a tile.")] = 512,
    memory: Annotated[
        float | None, typer.Option(help="GiB that a process may take; more is refused.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only tell memory and disk, and stop.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on where a run that was killed had come to.")
    ] = False,
    energy: EnergyChoice = Energy.colour,
    beta: Beta = None,
    prior: Prior = None,
    objects: Objects = None,
    epsilon: Epsilon = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    scheduler: Scheduler = None,
) -> None:
    """Solve a picture of any size exactly, in the memory of a tile; results are OME-Zarr."""
    from ..energy.parameters import check_number
    from ..interactive import make_spec
    from ..lazy_pictures import open_picture
    from ..tiled import plan_tiled, solve_plan

    check_parameters(task, beta, epsilon, objects)
    if memory is not None:
        check_number("--memory", memory, 0, MOST_MEMORY)
    limit = None if memory is None else int(memory * 2**30)
    given: Any = {
        "epsilon": epsilon, "beta": beta, "prior": prior, "objects": objects, "lam": lam,
    }  # fmt: skip
    spec = make_spec(task, energy, hard_seeds=hard_seeds, **given)
    picture = open_picture(image)
    data, seeds = picture.arranged("YX"), open_picture(strokes).arranged("YX")
    with _shown() as show:
        plan = plan_tiled(data, seeds, spec, tile, scheduler is not None, progress=show)
    say(str(plan.estimate))
    if estimate:
        return
    with _shown() as show:
        solve_plan(
            plan,
            output,
            memory_limit=limit,
            resume=resume,
            size=picture.size,
            scheduler=scheduler,
            progress=show,
        )
    say(f"results in {output}")


@contextmanager
def _shown() -> Iterator[Callable[[int, int, str], None]]:
    """A row for each kind of step, with how many are done and how long the rest may take."""
    columns = *Progress.get_default_columns(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        rows: dict[str, TaskID] = {}

        def show(done: int, total: int, unit: str) -> None:
            if unit not in rows:
                rows[unit] = bar.add_task(unit)
            bar.update(rows[unit], completed=done, total=total)

        yield show
