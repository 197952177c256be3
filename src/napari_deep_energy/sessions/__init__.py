"""Work that outlives a viewer: session files, the history of strokes, scripts that reproduce."""

from __future__ import annotations

from .contribution import get_reader, write_layers
from .history import StrokeHistory
from .script import as_python
from .session_file import SUFFIX, SavedSession, read_session, write_session

__all__ = [
    "SUFFIX",
    "SavedSession",
    "StrokeHistory",
    "as_python",
    "get_reader",
    "read_session",
    "write_layers",
    "write_session",
]
