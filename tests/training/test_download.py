from __future__ import annotations

import hashlib
import io
import tarfile

import pytest
from napari_deep_energy.training.download import download_voc

from napari_deep_energy.errors import InvalidInput


@pytest.fixture
def archive(tmp_path):
    """A tar file with a devkit in it, its URL and its checksum."""
    path = tmp_path / "server" / "voc.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"a\n"))
    return path.as_uri(), hashlib.md5(path.read_bytes()).hexdigest()


def test_a_download_is_checked_and_unpacked(archive, tmp_path):
    steps = list(download_voc(tmp_path / "data", *archive))
    assert steps[-1][0] == steps[-1][1] > 0
    lists = tmp_path / "data" / "VOCdevkit" / "VOC2012" / "ImageSets" / "Segmentation"
    assert (lists / "train.txt").read_text() == "a\n"
    assert list((tmp_path / "data").iterdir()) == [tmp_path / "data" / "VOCdevkit"]


def test_what_is_there_is_not_fetched_again(tmp_path):
    (tmp_path / "VOCdevkit").mkdir()
    assert list(download_voc(tmp_path, "http://nowhere.invalid/", "")) == []


def test_a_wrong_file_is_refused(archive, tmp_path):
    with pytest.raises(InvalidInput, match="checksum"):
        list(download_voc(tmp_path / "data", archive[0], "0" * 32))
    assert not (tmp_path / "data" / "VOCdevkit").exists()


def test_being_offline_is_said_with_a_way_out(tmp_path):
    with pytest.raises(InvalidInput, match="Are you offline"):
        list(download_voc(tmp_path, "http://127.0.0.1:9/voc.tar", ""))
