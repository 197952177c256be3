"""``train``, ``finetune`` and ``evaluate``: the training module, with a bar and a table."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from ..errors import InvalidInput
from .options import Output, RunFolder, Task, free_for_a_folder
from .printing import line, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from ..training import Progress

Recipe = Annotated[str, typer.Option(help="A TOML file, or a bundled recipe's name.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]
TableFolder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        callback=free_for_a_folder,
        help="Folder for the table as Markdown, pictures.",
    ),
]
OBJECT_PIXELS = 224
"""Sides of the pictures that parts are taken from, to train the network that knows objects."""
VocFolder = Annotated[Path, typer.Option("--voc", help="VOCdevkit, or its VOC2012 folder.")]


def train(
    data: Annotated[
        list[Path] | None, typer.Argument(help="VOCdevkit, or folders with images/ and masks/.")
    ] = None,
    output: Output = Path("run"),
    recipe: Recipe = "cpu_segment",
    steps: Annotated[int | None, typer.Option(help="Shorten the recipe to this many.")] = None,
    download: Annotated[
        Path | None,
        typer.Option(help="Folder to fetch PASCAL VOC 2012 to (2 GB, once), and to train on."),
    ] = None,
    pictures: Annotated[
        int | None,
        typer.Option(min=0, help="Learn from the masks of so many pictures alone (fused recipes)."),
    ] = None,
) -> None:
    """Train on pictures with masks, which only say where strokes may lie; resumes a run."""
    from .. import training

    data = [*([training.download_voc(download)] if download else []), *(data or [])]
    if not data:
        raise InvalidInput("there is nothing to train on; give a folder, or --download FOLDER.")
    chosen = training.Recipe.load(recipe)
    chosen = chosen if steps is None else chosen.shortened(steps)
    if pictures is not None:
        chosen = chosen.labelled_by(pictures)
    with _Interrupt() as interrupted:
        _show(training.train(chosen, data, output, interrupted), interrupted)


def finetune(
    folder: Annotated[Path, typer.Argument(help="Your pictures; no label is needed.")],
    output: RunFolder = None,
    task: Annotated[
        Task | None, typer.Option(help="What the model is for; by default segment.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Checkpoint to start from; the bundled one by default.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A TOML file, or a bundled recipe's name.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Shorten the recipe to this many.")] = None,
) -> None:
    """Adapt the network to a folder of unlabelled pictures; Ctrl+C keeps the best so far."""
    from .. import training

    chosen = training.Recipe.load(recipe or f"finetune_{task or Task.segment}")
    if task is not None and chosen.task != task:
        raise InvalidInput(
            f"the recipe {recipe} is to {chosen.task}, but --task is {task}; leave out one of them."
        )
    chosen = chosen if steps is None else chosen.shortened(steps)
    with _Interrupt() as interrupted:
        run = training.finetune(folder, chosen, interrupted, out=output, start=start)
        _show(run, interrupted)


def train_objects(
    data: Annotated[
        list[Path], typer.Argument(help="VOCdevkit, or folders with images/ and masks/.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path(
        "objects.safetensors"
    ),
    steps: Annotated[
        int | None, typer.Option(min=1, help="Shorten the recipe to this many.")
    ] = None,
    side: Annotated[int | None, typer.Option(min=56, help="Of the small pictures seen.")] = None,
    pictures: Annotated[
        int | None, typer.Option(min=1, help="Learn from the masks of so many pictures alone.")
    ] = None,
) -> None:
    """Train the network that knows objects, on pictures with masks; Ctrl+C keeps what it is.

    The file takes the place of weights/objects.safetensors in the package.
    """
    from .. import training

    recipe = training.ObjectRecipe()
    recipe = replace(
        recipe,
        steps=steps or recipe.steps,
        side=side or recipe.side,
        pictures=pictures or recipe.pictures,
    )
    objects, _ = training.read_data(data, training.Recipe(cache=OBJECT_PIXELS))
    console, shown = Console(), None
    with _Interrupt() as interrupted, Bar(transient=True, console=console) as bar:
        row = bar.add_task("", total=recipe.steps)
        for shown in training.train_object_prior(recipe, objects, output, interrupted):
            text = f"loss {shown.loss:.3g}, IoU {shown.iou:.3f}, strokes {shown.iou_strokes:.3f}"
            bar.update(row, completed=shown.step, description=text)
    rate = f"; {shown.samples_per_second:.0f} samples/s" if shown else ""
    say(f"{shown.step if shown else 0} steps{rate}; network in {output}")


evaluate = typer.Typer(help="The tables of the paper.", no_args_is_help=True)


@evaluate.command()
def table1(
    voc: VocFolder,
    alphamatting: Annotated[
        Path | None, typer.Option(help="Folder with image, alpha and trimap1.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Objects a split; all by default.")
    ] = None,
    segment: Annotated[Path | None, typer.Option(help="Checkpoint to judge.")] = None,
    matte: Annotated[Path | None, typer.Option(help="Checkpoint to judge.")] = None,
    json_file: JsonFile = None,
    output: TableFolder = None,
) -> None:
    """Energies and IoU of exact solver, network and random network, and the error of mattes."""
    from .. import training
    from ..files import write_text

    with Console(stderr=True).status("measuring"):
        figures = training.evaluate_table1(
            voc, alphamatting, segment=segment, matte=matte, count=count, pictures=_made(output)
        )
    _report("Table 1", figures, json_file)
    if output is not None:
        write_text(output / "table1.md", training.table1(figures))


@evaluate.command()
def table2(
    voc: VocFolder,
    sizes: Annotated[list[int] | None, typer.Option(min=16, help="Picture sizes.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures a size.")] = 3,
    only_cuda: Annotated[bool, typer.Option("--only-cuda", help="Not the CPU.")] = False,
    json_file: JsonFile = None,
    output: TableFolder = None,
) -> None:
    """Seconds of the network and of the exact solvers."""
    from .. import training
    from ..files import write_text

    with Console(stderr=True).status("measuring"):
        figures = training.evaluate_table2(
            voc, sizes=sizes or (128, 256, 512), count=count, only_cuda=only_cuda
        )
    _report("Table 2", figures, json_file)
    if folder := _made(output):
        write_text(folder / "table2.md", training.table2(figures))


def _made(folder: Path | None) -> Path | None:
    if folder is not None:
        from ..files import make_folder

        make_folder(folder)
    return folder


class _Interrupt:
    """Ctrl+C as a wish to stop after the current step, so that the best network is kept."""

    def __init__(self) -> None:
        self.wished = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.wished = True
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second one means it

    def __call__(self) -> bool:
        return self.wished


def _show(run: Iterator[Progress], interrupted: _Interrupt) -> None:
    """Consume a run behind a progress bar, then say what it gave."""
    console = Console()
    columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    last: Progress | None = None
    # Transient: of a run that cannot begin, only the reason stays on the screen.
    with Bar(TextColumn("{task.description}"), *columns, console=console, transient=True) as bar:
        row = bar.add_task("reading pictures", total=None)
        for progress in run:
            if last is None:
                _say_what_began(console, progress)
            if progress.notice and (last is None or not last.notice):
                line(console, progress.notice)
            last = progress
            text = (
                f"loss {progress.loss:.4g}, E/E* {progress.ratio:.3g}, "
                f"{progress.samples_per_second:.0f} samples/s"
            )
            bar.update(row, total=progress.steps, completed=progress.step, description=text)
    if last is None or last.checkpoint is None:
        say("nothing was trained")
        raise typer.Exit(1)
    say(
        f"{'stopped' if interrupted.wished else 'done'} after {last.step} steps; E/E* on held-out "
        f"pictures {last.first_ratio:.3g} -> {last.best_ratio:.3g}; model in {last.checkpoint}"
    )


def _say_what_began(console: Console, first: Progress) -> None:
    lines = [f"skipped: {reason}" for reason in first.skipped]
    if first.checkpoint is not None:
        folder = first.checkpoint.parent
        lines.append(f"the run is in {folder}; if it is interrupted, -o {folder} continues it")
    for text in lines:
        line(console, text)


def _report(title: str, figures: dict[str, float], json_file: Path | None) -> None:
    from ..files import write_report

    table = Table("figure", "value", title=title)
    for name, value in figures.items():
        table.add_row(name, f"{value:.5g}")
    Console().print(table)
    if json_file:
        write_report(json_file, figures)
