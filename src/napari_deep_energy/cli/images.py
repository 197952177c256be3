"""``segment``, ``matte`` and ``compare``: a picture and its strokes in, a folder of results out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..energy import EnergySpec
    from ..results import Inputs


class Engine(StrEnum):
    """What answers: the exact solver, the network, or the one that suits the picture's size."""

    auto = "auto"
    network = "network"
    analytic = "analytic"


class Energy(StrEnum):
    """Which energy of segmentation."""

    colour = "colour"
    paper = "paper"


class Task(StrEnum):
    """What is asked."""

    segment = "segment"
    matte = "matte"


ImageFile = Annotated[Path, typer.Argument(help="The picture: PNG, JPEG or TIFF.")]
StrokesFile = Annotated[
    Path, typer.Argument(help="Label image of the picture's size: 0 unlabelled, 1, 2, ...")
]
MattingFile = Annotated[
    Path,
    typer.Argument(
        help="Strokes (1 foreground, 2 background, 0 unknown) or a trimap (255 foreground, 0 "
        "background, grey between)."
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")]
EngineChoice = Annotated[Engine, typer.Option(help="What answers.")]
ModelFile = Annotated[
    Path | None, typer.Option(help="Checkpoint for the network; the bundled one by default.")
]
Refine = Annotated[
    int | None,
    typer.Option(
        help="Steps down the energy after the network: 0 is the network alone, as in the paper."
    ),
]
EnergyChoice = Annotated[
    Energy,
    typer.Option(help="colour: goes by the strokes' colours too; paper: the paper's, on grey."),
]
Beta = Annotated[
    float | None,
    typer.Option(help="Sharpness; by default from the picture, for the paper's energy 1000."),
]
Prior = Annotated[
    float | None,
    typer.Option(help="Confidence in the strokes' colours; by default 0.003, of the paper 0."),
]
Lam = Annotated[
    float | None,
    typer.Option(help="Confidence of the strokes: 10 to segment, 1 to matte, by default."),
]
Epsilon = Annotated[float | None, typer.Option(help="Regulariser of the matting: by default 1e-7.")]
HardSeeds = Annotated[bool, typer.Option(help="Keep the strokes' values exactly.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, ...")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Address of a dask.distributed scheduler, such as tcp://host:8786."),
]


def segment(
    image: ImageFile,
    strokes: StrokesFile,
    output: Output = Path("segmented"),
    engine: EngineChoice = Engine.auto,
    model: ModelFile = None,
    refine: Refine = None,
    energy: EnergyChoice = Energy.colour,
    beta: Beta = None,
    prior: Prior = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    device: Device = "auto",
) -> None:
    """Segment a picture: labels.tif, probabilities.tif, overlay.png and report.json."""
    from ..interactive import make_spec

    spec = make_spec("segment", energy, beta=beta, prior=prior, lam=lam, hard_seeds=hard_seeds)
    _run_one(image, strokes, output, spec, engine, model, refine, device)


def matte(
    image: ImageFile,
    strokes: MattingFile,
    output: Output = Path("matted"),
    engine: EngineChoice = Engine.auto,
    model: ModelFile = None,
    refine: Refine = None,
    energy: EnergyChoice = Energy.colour,
    epsilon: Epsilon = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    device: Device = "auto",
) -> None:
    """Cut an object out with soft edges: alpha.tif, cutout.png, overlay.png and report.json."""
    from ..interactive import make_spec

    spec = make_spec("matte", energy, epsilon=epsilon, lam=lam, hard_seeds=hard_seeds)
    _run_one(image, strokes, output, spec, engine, model, refine, device)


def compare(
    image: ImageFile,
    strokes: MattingFile,
    output: Output = Path("compared"),
    task: Annotated[Task, typer.Option(help="What to compare.")] = Task.segment,
    model: ModelFile = None,
    refine: Refine = None,
    energy: EnergyChoice = Energy.colour,
    beta: Beta = None,
    lam: Lam = None,
    epsilon: Epsilon = None,
    hard_seeds: HardSeeds = False,
    device: Device = "auto",
) -> None:
    """Run network and exact solver on the same strokes: both results and what sets them apart."""
    from ..interactive import make_spec
    from ..results import read_inputs, write_comparison

    check_parameters(task, beta, epsilon)
    spec = make_spec(task, energy, beta=beta, epsilon=epsilon, lam=lam, hard_seeds=hard_seeds)
    inputs = read_inputs(image, strokes, task)
    solutions = _solve(inputs, spec, "both", model, refine, device)
    _print_advice(solutions)
    _print_table(write_comparison(output, inputs, solutions, spec))
    Console().print(f"results in {output}", highlight=False)


def check_parameters(task: Task, beta: float | None, epsilon: float | None) -> None:
    """Refuse a parameter of the other task."""
    from ..errors import InvalidInput

    if task is Task.segment and epsilon is not None:
        raise InvalidInput("--epsilon belongs to matting; use --task matte, or --beta.")
    if task is Task.matte and beta is not None:
        raise InvalidInput("--beta belongs to segmentation; use --task segment, or --epsilon.")


def _run_one(
    image: Path,
    strokes: Path,
    output: Path,
    spec: EnergySpec,
    engine: Engine,
    model: Path | None,
    refine: int | None,
    device: str,
) -> None:
    from ..results import read_inputs, write_solution

    inputs = read_inputs(image, strokes, spec.task)
    solutions = _solve(inputs, spec, engine.value, model, refine, device)
    _print_advice(solutions)
    for solution in solutions.values():
        write_solution(output, inputs, solution, spec)
        Console().print(
            f"{solution.engine} on {solution.device}: {solution.outcome}, energy "
            f"{solution.energy:.4g}, {solution.seconds:.2f} s; results in {output}",
            highlight=False,
            soft_wrap=True,
        )


def _solve(
    inputs: Inputs,
    spec: EnergySpec,
    engine: Any,
    model: Path | None,
    refine: int | None,
    device: str,
) -> dict[str, Any]:
    from ..interactive import InteractiveSolver, load_model

    # Read even if the exact solver alone will run: a model that was named should be there.
    checkpoint = load_model(model, spec.task, spec.has_prior) if model else None
    solver = InteractiveSolver(inputs.image, inputs.strokes.shape, spec, checkpoint, device, refine)
    with Console(stderr=True).status("solving"):
        return solver.solve(inputs.strokes, engine)


def _print_advice(solutions: dict[str, Any]) -> None:
    for advice in filter(None, (solution.advice for solution in solutions.values())):
        Console(stderr=True).print(advice, highlight=False, soft_wrap=True, markup=False)


def _print_table(comparison: Comparison) -> None:
    table = Table("engine", "E", "gap", "gap per pixel", "residual", "ms", "outcome")
    for row in comparison.rows:
        numbers = (row.energy, row.gap, row.gap_per_pixel, row.residual, row.milliseconds)
        table.add_row(row.engine, *(f"{number:.4g}" for number in numbers), row.outcome)
    console = Console()
    console.print(table)
    console.print(f"{comparison.measure} between them: {comparison.agreement:.4g}")
