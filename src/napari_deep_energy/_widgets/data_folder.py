"""The folder of this user for what the plugin keeps: autosaves, pictures of scripts, models."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """The folder; it need not exist yet."""
    return Path(platformdirs.user_data_dir("napari-deep-energy", appauthor=False))
