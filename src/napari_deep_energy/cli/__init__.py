"""The command line, ``napari-deep-energy``; the only place that prints."""

from __future__ import annotations

import logging
import sys
from typing import NoReturn

import typer
from rich.console import Console

from ..errors import Cancelled, Diverged, InvalidInput
from . import batch, demo, images, info, scale, training
from .printing import line, say

app = typer.Typer(
    name="napari-deep-energy",
    help="Cut things out of pictures: seeded segmentation and matting by one energy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(images.segment)
app.command()(images.matte)
app.command()(images.compare)
app.command()(batch.batch)
app.command()(scale.volume)
app.command()(scale.tiled)
app.command()(demo.demo)
app.command()(training.train)
app.command()(training.finetune)
app.command()(training.train_objects)
app.add_typer(training.evaluate, name="evaluate")
app.command()(info.info)


def main() -> None:
    """Run a command; bad input ends in one sentence and exit code 1, never in a traceback."""
    # What it finds wrong with a file is said in our own words.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    try:
        app()
    except (InvalidInput, Diverged) as error:
        _refuse(str(error))
    except MemoryError:
        _refuse("there is not enough memory for this; make the picture smaller.")
    except OSError as error:  # of files that nobody foresaw
        where = f" {error.filename}" if error.filename else ""
        _refuse(f"cannot use{where or ' a file'} ({error.strerror or error}); check the path.")
    except (Cancelled, KeyboardInterrupt):
        say("cancelled; files are whole or not there, and what was done before stays.", aside=True)
        sys.exit(130)


def _refuse(sentence: str) -> NoReturn:
    console = Console(stderr=True)
    console.print("[bold red]error:[/] ", end="")
    line(console, sentence)
    sys.exit(1)
