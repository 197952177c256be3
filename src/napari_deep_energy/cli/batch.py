"""``batch``: a folder of pictures in, a folder of results a picture out, and a report."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

from .options import (
    Beta,
    Device,
    Energy,
    EnergyChoice,
    Engine,
    EngineChoice,
    Epsilon,
    HardSeeds,
    Lam,
    ModelFile,
    Objects,
    Output,
    Prior,
    Scheduler,
    Task,
    check_parameters,
)
from .printing import say

if TYPE_CHECKING:
    from ..batch import Record


class Rule(StrEnum):
    """How strokes are made for pictures that have none."""

    bright = "bright"
    centre = "centre"
    dark = "dark"


def batch(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    output: Output = Path("batch"),
    task: Annotated[Task, typer.Option(help="What is asked of every picture.")] = Task.segment,
    strokes: Annotated[
        Path | None,
        typer.Option(
            help="Folder of strokes or trimaps with the pictures' names; by default "
            "NAME.strokes.png beside each picture."
        ),
    ] = None,
    rule: Annotated[
        Rule | None,
        typer.Option(
            help="Strokes for pictures without any: centre (object in the middle, rest along the "
            "border), bright or dark (object brighter or darker than the rest)."
        ),
    ] = None,
    formats: Annotated[
        str, typer.Option(help="png, tiff, ome-zarr, or several with commas between.")
    ] = "png,tiff",
    engine: EngineChoice = Engine.auto,
    energy: EnergyChoice = Energy.colour,
    model: ModelFile = None,
    beta: Beta = None,
    prior: Prior = None,
    objects: Objects = None,
    lam: Lam = None,
    epsilon: Epsilon = None,
    hard_seeds: HardSeeds = False,
    device: Device = "auto",
    scheduler: Scheduler = None,
) -> None:
    """Do every picture of a folder; run it again to go on where it was stopped."""
    from ..batch import Batch, find_pairs, make_jobs, run_batch, write_batch_report
    from ..interactive import make_spec

    check_parameters(task, beta, epsilon, objects)
    given = {"beta": beta, "prior": prior, "objects": objects, "epsilon": epsilon, "lam": lam}
    spec = make_spec(task, energy, **given, hard_seeds=hard_seeds)
    chosen = tuple(part.strip() for part in formats.split(",") if part.strip())
    settings = Batch(spec, engine.value, model, device, rule and rule.value, chosen)
    jobs = make_jobs(find_pairs(folder, strokes), output, settings)
    records: list[Record] = []
    try:
        running = run_batch(jobs, scheduler)
        for record in track(running, "pictures", len(jobs), console=Console(stderr=True)):
            records.append(record)
    finally:  # stopped by Ctrl+C too: what was done is worth a report
        if records:
            write_batch_report(output, records)
    _print_end(records, output)


def _print_end(records: list[Record], output: Path) -> None:
    failed = [record for record in records if record.status == "failed"]
    for record in failed:
        say(f"failed: {record.name}: {record.reason}")
    kept = sum(record.status == "kept" for record in records)
    say(
        f"{len(records) - len(failed) - kept} done, {kept} kept from an earlier run, "
        f"{len(failed)} failed; results and report in {output}"
    )
    if failed:
        raise typer.Exit(1)
