"""Commands in napari's own menus, for those who look there before they look at the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QApplication

from ..errors import InvalidInput
from .python_script import script_of
from .session_dock import session_of

if TYPE_CHECKING:
    import napari


def copy_as_python(viewer: napari.Viewer) -> None:
    """Put a script on the clipboard that gives the viewer's latest answer again."""
    try:
        QApplication.clipboard().setText(script_of(session_of(viewer)))
    except InvalidInput as error:
        show_info(str(error))
        return
    show_info("The script is on the clipboard.")
