"""torch, imported when the first job runs."""

from __future__ import annotations

import os
from typing import Any

from ..errors import InvalidInput


def import_solver() -> Any:
    """The module with the solver; torch is imported with it, and leaves a core to the window.

    Raises
    ------
    InvalidInput
        If torch cannot be loaded.
    """
    try:
        import torch

        from .. import interactive
    except (OSError, ImportError) as error:
        # On Windows, torch can fail to load its libraries once Qt is in the process.
        raise InvalidInput(
            f"torch could not be loaded ({str(error).splitlines()[0]}); start Python with "
            "'import torch' before napari, or reinstall torch."
        ) from error
    # Per thread; one core is left to the window.
    torch.set_num_threads(min(torch.get_num_threads(), max(1, (os.cpu_count() or 2) - 1)))
    return interactive
