"""Fetch PASCAL VOC 2012 from its makers, for users who have it not yet."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.files import make_folder

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar"
MD5 = "6cd6e144f989b92b3379bac3b3de84fd"
"""Published beside the file in several places; the makers give none."""


def download_voc(folder: Path, url: str = URL, md5: str = MD5) -> Path:
    """Download and unpack the devkit (2 GB), behind a progress bar; nothing if it is there.

    Returns
    -------
    Path
        ``folder/VOCdevkit``.

    Raises
    ------
    InvalidInput
        If the server cannot be reached, or the file is not the one expected.
    """
    devkit = folder / "VOCdevkit"
    if devkit.is_dir():
        return devkit
    make_folder(folder)
    import pooch  # a second that only this command needs
    import requests

    try:
        archive = pooch.retrieve(url, f"md5:{md5}", "VOCtrainval.tar", folder, progressbar=True)
    except requests.RequestException as error:
        raise InvalidInput(
            f"cannot download VOC from {url} ({error}). Are you offline? Fetch the file on another "
            f"machine, unpack it to {folder}, and give {devkit} as the data folder."
        ) from error
    except ValueError as error:
        raise InvalidInput(
            f"what {url} gave is not the VOC 2012 archive ({error}); try again later, or fetch it "
            "yourself."
        ) from error
    draft = folder / "VOCdevkit.part"
    shutil.unpack_archive(archive, draft)  # its checksum is right, so it holds what it should
    (draft / "VOCdevkit").rename(devkit)  # whole or not at all
    draft.rmdir()
    (folder / "VOCtrainval.tar").unlink()
    return devkit
