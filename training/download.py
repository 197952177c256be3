"""Fetch PASCAL VOC 2012 from its makers, for users who have it not yet."""

from __future__ import annotations

import hashlib
import tarfile
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from napari_deep_energy.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar"
MD5 = "6cd6e144f989b92b3379bac3b3de84fd"
"""Published beside the file in several places; the makers give none."""
CHUNK = 1 << 20
TIMEOUT = 30.0


def download_voc(folder: Path, url: str = URL, md5: str = MD5) -> Iterator[tuple[int, int]]:
    """Download and unpack the devkit (2 GB) to ``folder/VOCdevkit``; nothing if it is there.

    Yields
    ------
    tuple of int
        Bytes fetched, and bytes in all (0 where the server does not say).

    Raises
    ------
    InvalidInput
        If the server cannot be reached, or the file is not the one expected.
    """
    if (folder / "VOCdevkit").is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "VOCtrainval.tar.part"
    try:
        yield from _fetch(url, archive, md5)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise InvalidInput(
            f"cannot download VOC from {url} ({error}). Are you offline? Fetch the file on another "
            f"machine, unpack it to {folder}, and give {folder / 'VOCdevkit'} as the data folder."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def _fetch(url: str, archive: Path, md5: str) -> Iterator[tuple[int, int]]:
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, archive.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            yield done, total
    if digest.hexdigest() != md5:
        raise InvalidInput(
            f"what {url} gave is not the VOC 2012 archive (its checksum is {digest.hexdigest()}); "
            "try again later, or fetch it yourself."
        )
