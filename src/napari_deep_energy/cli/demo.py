"""``demo``: the plugin at work in a real viewer, written down as pictures and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Output  # noqa: TC001 - read by typer at run time
from .printing import say


def demo(
    output: Output = Path("demo-output"),
    stay: Annotated[bool, typer.Option(help="Leave the window open at the end.")] = False,
) -> None:
    """Open napari, paint strokes on a photograph, and let both engines answer and be compared."""
    from ..own_folders import use_own_folders

    if not stay:
        use_own_folders()
    from .._widgets.demo import run

    written = run(output, stay)
    for path, meaning in written.items():
        say(f"{path}  {meaning}")
