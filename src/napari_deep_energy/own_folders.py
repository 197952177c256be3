"""Settings and autosaves of a run that is none of the user's own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile


def use_own_folders() -> None:
    """Keep out of the user's folders, on Linux: what is remembered goes when Python has ended.

    To be called before napari is imported: what that, Qt and the plugin do at exit, such as giving
    up the lock of an autosave, then comes before the folders go.
    """
    home = tempfile.mkdtemp(prefix="napari-deep-energy-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home}
