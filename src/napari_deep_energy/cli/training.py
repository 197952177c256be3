"""``train``, ``finetune`` and ``evaluate``."""

from __future__ import annotations

import typer

evaluate = typer.Typer(help="The paper's tables.", no_args_is_help=True)
