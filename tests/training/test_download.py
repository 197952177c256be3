"""Against a server of our own: nothing is fetched from outside."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from napari_deep_energy.training.download import download_voc

from napari_deep_energy.errors import InvalidInput


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def archive(tmp_path):
    """URL and checksum of a tar file with a devkit in it."""
    path = tmp_path / "server" / "voc.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"a\n"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=path.parent))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield (
        f"http://127.0.0.1:{server.server_port}/voc.tar",
        hashlib.md5(path.read_bytes()).hexdigest(),
    )
    server.shutdown()
    server.server_close()


def test_a_download_is_checked_and_unpacked(archive, tmp_path):
    devkit = download_voc(tmp_path / "data", *archive)
    assert (devkit / "VOC2012/ImageSets/Segmentation/train.txt").read_text() == "a\n"
    assert list((tmp_path / "data").iterdir()) == [devkit]


def test_what_is_there_is_not_fetched_again(tmp_path):
    (tmp_path / "VOCdevkit").mkdir()
    assert download_voc(tmp_path, "http://nowhere.invalid/", "") == tmp_path / "VOCdevkit"


def test_a_wrong_file_is_refused(archive, tmp_path):
    with pytest.raises(InvalidInput, match="not the VOC 2012 archive"):
        download_voc(tmp_path / "data", archive[0], "0" * 32)
    assert not list((tmp_path / "data").iterdir())


def test_being_offline_is_said_with_a_way_out(tmp_path):
    with pytest.raises(InvalidInput, match="Are you offline"):
        download_voc(tmp_path, "http://127.0.0.1:9/voc.tar", "0" * 32)
