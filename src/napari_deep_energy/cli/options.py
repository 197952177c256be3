"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InvalidInput


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


def free_for_a_folder(path: Path | None) -> Path | None:
    """Refuse, before any work, a folder that cannot be made."""
    from ..files import is_file

    if path is not None and is_file(path):
        raise InvalidInput(f"-o {path} is a file; give the name of a folder for the results.")
    return path


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
Output = Annotated[
    Path,
    typer.Option("-o", "--output", callback=free_for_a_folder, help="Folder for the results."),
]
RunFolder = Annotated[
    Path | None,
    typer.Option("-o", "--output", callback=free_for_a_folder, help="Folder of the run."),
]
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
    typer.Option(
        help="Sharpness; by default from the picture, for volumes and the paper's energy 1000."
    ),
]
Objects = Annotated[
    bool | None,
    typer.Option(
        "--objects/--no-objects",
        help="Whether a network that has seen objects corrects what the strokes say of what nobody "
        "painted; of up to six classes, by the colour-aware energy, where it does by default.",
    ),
]
Prior = Annotated[
    float | None,
    typer.Option(
        help="Confidence in the strokes' colours: by default 0.005, to matte 0.01 by a trimap and "
        "else 0; the paper's is 0."
    ),
]
Lam = Annotated[
    float | None,
    typer.Option(help="Confidence of the strokes: 10 to segment, 1 to matte, by default."),
]
Epsilon = Annotated[float | None, typer.Option(help="Regulariser of the matting: by default 1e-7.")]
HardSeeds = Annotated[bool, typer.Option(help="Keep the strokes' values exactly.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, ...")]
Channels = Annotated[
    bool, typer.Option("--channels", help="A stack's planes are the channels of one picture.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Address of a dask.distributed scheduler, such as tcp://host:8786."),
]


def check_parameters(
    task: Task, beta: float | None, epsilon: float | None, objects: bool | None
) -> None:
    """Refuse a parameter of the other task."""
    if task is Task.segment and epsilon is not None:
        raise InvalidInput("--epsilon belongs to matting; use --task matte, or --beta.")
    if task is Task.matte and beta is not None:
        raise InvalidInput("--beta belongs to segmentation; use --task segment, or --epsilon.")
    if task is Task.matte and objects is not None:
        raise InvalidInput("--objects belongs to segmentation; use --task segment, or leave it.")
