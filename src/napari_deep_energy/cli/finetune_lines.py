"""Fine-tuning in a process of its own, with a JSON line of progress a step.

``python -m napari_deep_energy.cli.finetune_lines --help``; "stop", or the end of the input, ends
the run with the best network kept.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..training import Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 if there is a reason in words why not, which is the last line."""
    given = _parser().parse_args(arguments)
    stop = threading.Event()
    # The end of the input is also the end of a viewer that crashed.
    threading.Thread(target=_read_input, args=(stop,), daemon=True).start()
    _be_modest()
    from .. import training
    from ..errors import Diverged, InvalidInput

    try:
        recipe = training.Recipe.load(f"finetune_{given.task}")
        recipe = recipe.shortened(given.steps) if given.steps else recipe
        run = training.finetune(given.folder, recipe, stop.is_set, out=given.out, start=given.start)
        for progress in run:
            _say(_plain(progress))
    except (InvalidInput, Diverged) as error:
        _say({"error": str(error)})
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=("segment", "matte"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="Checkpoint; the bundled one by default.")
    parser.add_argument("--steps", type=int, help="Shorten the recipe to this many.")
    return parser


def _read_input(stop: threading.Event) -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            break
    stop.set()


def _be_modest() -> None:
    """Leave a core, and the right of way, to the viewer."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
    with suppress(AttributeError, OSError):  # not on Windows
        os.nice(5)


def _plain(progress: Progress) -> dict[str, Any]:
    """Progress without the picture, as JSON knows no arrays and no NaN."""
    values = asdict(progress) | {"preview": None}
    values["checkpoint"] = str(progress.checkpoint) if progress.checkpoint else None
    numbers = {k: v for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)}
    return values | dict.fromkeys(numbers)


def _say(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    sys.exit(main())
