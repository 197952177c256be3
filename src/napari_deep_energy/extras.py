"""Optional dependencies: imported late, and missed in a sentence that names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import InvalidInput

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, purpose: str, extra: str = "scale") -> ModuleType:
    """Import an optional dependency.

    Parameters
    ----------
    module
        Dotted name to import.
    purpose
        What needs it, as the start of a sentence ("OME-Zarr output").
    extra
        The extra of this package that brings it.

    Raises
    ------
    InvalidInput
        If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InvalidInput(
            f"{purpose} needs {module.split('.')[0]!r}, which cannot be imported ({error}); "
            f'install it with: pip install "napari-deep-energy[{extra}]".'
        ) from error
