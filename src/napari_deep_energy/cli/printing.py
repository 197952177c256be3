"""What the commands say: text as it is, since a path may hold brackets, each line unbroken."""

from __future__ import annotations

from rich.console import Console


def say(text: str, *, aside: bool = False) -> None:
    """Print a line; ``aside`` is for what is no result, and goes to the error stream."""
    line(Console(stderr=aside), text)


def line(console: Console, text: str) -> None:
    """Print a line on a console that shows a bar meanwhile."""
    console.print(text, soft_wrap=True, highlight=False, markup=False)
