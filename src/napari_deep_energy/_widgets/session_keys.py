"""What the keys on the strokes layer do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from . import shortcuts, strokes_edits

if TYPE_CHECKING:
    from .session import Session


def keys_of(session: Session) -> shortcuts.Shortcuts:
    """The keys of this session, not bound yet."""
    return shortcuts.Shortcuts(
        {
            shortcuts.SOLVE: session.solve_once,
            shortcuts.FLIP: session.flip,
            shortcuts.LIVE: session.toggle_live,
            shortcuts.CANCEL: session.cancel,
            shortcuts.SPOT: session.spots.go_on,
            shortcuts.CLEAR: partial(strokes_edits.clear_class, session),
            shortcuts.OBJECT: session.committing.new_object,
        }
    )
