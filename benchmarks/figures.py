"""Figures of a benchmark as JSON, for whoever compares runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def show_figures(figures: Mapping[str, float]) -> None:
    """Print them as soon as they are there: the next take their time."""
    for key, value in figures.items():
        print(f"{key:36} {value:.4g}", flush=True)


def write_figures(path: Path | None, figures: Mapping[str, object]) -> None:
    """Write them, and make the folder; nothing where no path was given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=2) + "\n")
