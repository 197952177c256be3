"""Commands in napari's own menus, for those who look there before they look at the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QApplication

from ..errors import InvalidInput
from .image_strokes import take_as_strokes
from .python_script import script_of
from .session_dock import session_of

if TYPE_CHECKING:
    import napari


def image_as_strokes(viewer: napari.Viewer) -> None:
    """Work with the selected image as strokes or a trimap."""
    try:
        take_as_strokes(session_of(viewer), viewer)
    except InvalidInput as error:
        show_info(str(error))


def copy_as_python(viewer: napari.Viewer) -> None:
    """Put a script on the clipboard that gives the viewer's latest answer again."""
    try:
        QApplication.clipboard().setText(script_of(session_of(viewer)))
    except InvalidInput as error:
        show_info(str(error))
        return
    show_info("The script is on the clipboard.")
