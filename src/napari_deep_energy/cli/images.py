"""``segment``, ``matte`` and ``compare``: a picture and its strokes in, a folder of results out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .options import (
    Beta,
    Channels,
    Device,
    Energy,
    EnergyChoice,
    Engine,
    EngineChoice,
    Epsilon,
    HardSeeds,
    ImageFile,
    Lam,
    MattingFile,
    ModelFile,
    Objects,
    Output,
    Prior,
    Refine,
    StrokesFile,
    Task,
    check_parameters,
)
from .printing import say

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..energy import EnergySpec
    from ..inputs import Inputs


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
    objects: Objects = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    channels: Channels = False,
    device: Device = "auto",
) -> None:
    """Segment a picture: labels, probabilities.tif, overlay.png and report.json."""
    from ..inputs import read_inputs
    from ..interactive import make_spec

    given = {"beta": beta, "prior": prior, "objects": objects, "lam": lam}
    spec = make_spec("segment", energy, **given, hard_seeds=hard_seeds)
    inputs = read_inputs(image, strokes, spec.task, channels)
    _run_one(inputs, output, spec, engine, model, refine, device)


def matte(
    image: ImageFile,
    strokes: MattingFile,
    output: Output = Path("matted"),
    engine: EngineChoice = Engine.auto,
    model: ModelFile = None,
    refine: Refine = None,
    energy: EnergyChoice = Energy.colour,
    epsilon: Epsilon = None,
    prior: Prior = None,
    lam: Lam = None,
    hard_seeds: HardSeeds = False,
    channels: Channels = False,
    device: Device = "auto",
) -> None:
    """Cut an object out with soft edges: alpha, cutout.png, overlay.png and report.json."""
    from ..inputs import read_inputs
    from ..interactive import make_spec

    spec = make_spec("matte", energy, epsilon=epsilon, prior=prior, lam=lam, hard_seeds=hard_seeds)
    inputs = read_inputs(image, strokes, spec.task, channels)
    _run_one(inputs, output, spec, engine, model, refine, device)


def compare(
    image: ImageFile,
    strokes: MattingFile,
    output: Output = Path("compared"),
    task: Annotated[Task, typer.Option(help="What to compare.")] = Task.segment,
    model: ModelFile = None,
    refine: Refine = None,
    energy: EnergyChoice = Energy.colour,
    beta: Beta = None,
    prior: Prior = None,
    objects: Objects = None,
    lam: Lam = None,
    epsilon: Epsilon = None,
    hard_seeds: HardSeeds = False,
    channels: Channels = False,
    device: Device = "auto",
) -> None:
    """Run network and exact solver on the same strokes: both results and what sets them apart."""
    from ..inputs import read_inputs
    from ..interactive import make_spec
    from ..results import write_comparison

    check_parameters(task, beta, epsilon, objects)
    given = {"beta": beta, "prior": prior, "objects": objects, "epsilon": epsilon, "lam": lam}
    spec = make_spec(task, energy, **given, hard_seeds=hard_seeds)
    inputs = read_inputs(image, strokes, task, channels)
    solutions = _solve(inputs, spec, "both", model, refine, device)
    _print_advice(solutions)
    _print_table(write_comparison(output, inputs, solutions, spec))
    say(f"results in {output}")


def _run_one(
    inputs: Inputs,
    output: Path,
    spec: EnergySpec,
    engine: Engine,
    model: Path | None,
    refine: int | None,
    device: str,
) -> None:
    from ..results import write_solution

    solutions = _solve(inputs, spec, engine.value, model, refine, device)
    _print_advice(solutions)
    for solution in solutions.values():
        write_solution(output, inputs, solution, spec)
        say(
            f"{solution.engine} on {solution.device}: {solution.outcome}, energy "
            f"{solution.energy:.4g}, {solution.seconds:.2f} s; results in {output}"
        )


def _solve(
    inputs: Inputs,
    spec: EnergySpec,
    engine: Any,
    model: Path | None,
    refine: int | None,
    device: str,
) -> dict[str, Any]:
    from ..interactive import InteractiveSolver
    from ..networks import load_model

    # Read even if the exact solver alone will run: a model that was named should be there.
    checkpoint = load_model(model, spec.task, spec.has_prior) if model else None
    solver = InteractiveSolver(inputs.image, inputs.strokes.shape, spec, checkpoint, device, refine)
    with Console(stderr=True).status("solving"):
        return solver.solve(inputs.strokes, engine)


def _print_advice(solutions: dict[str, Any]) -> None:
    for advice in filter(None, (solution.advice for solution in solutions.values())):
        say(advice, aside=True)


def _print_table(comparison: Comparison) -> None:
    table = Table("engine", "E", "gap", "gap per pixel", "residual", "ms", "outcome")
    for row in comparison.rows:
        numbers = (row.energy, row.gap, row.gap_per_pixel, row.residual, row.milliseconds)
        table.add_row(row.engine, *(f"{number:.4g}" for number in numbers), row.outcome)
    console = Console()
    console.print(table)
    console.print(f"{comparison.measure} between them: {comparison.agreement:.4g}")
