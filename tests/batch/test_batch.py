"""A folder of pictures: results, going on, failures, and the report."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_deep_energy import segment
from napari_deep_energy.batch import (
    Batch,
    find_pairs,
    make_jobs,
    run_batch,
    write_batch_report,
)
from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.files import MARK
from napari_deep_energy.ome import read_ome_zarr

from .conftest import NAMES, answer


def test_results_are_those_of_segment(folder, tmp_path, settings, strokes):
    records = answer(folder, tmp_path / "out", settings)
    assert [record.name for record in records] == list(NAMES)
    for name in NAMES:
        expected = segment(
            np.asarray(Image.open(folder / f"{name}.png")), strokes, energy="paper", beta=100
        )
        labels = tifffile.imread(tmp_path / "out" / name / "labels.tif")
        np.testing.assert_array_equal(labels, expected.labels)
        written = tifffile.imread(tmp_path / "out" / name / "probabilities.tif")
        np.testing.assert_allclose(written, expected.probabilities, atol=1e-6)


def test_bad_files_fail_alone_and_say_why(folder, tmp_path, settings):
    (folder / "b.png").write_bytes(b"not a picture")
    (folder / "c.strokes.png").unlink()
    Image.fromarray(np.ones((3, 3), np.uint8)).save(folder / "d.strokes.png")
    records = {record.name: record for record in answer(folder, tmp_path / "out", settings)}
    assert {name for name, r in records.items() if r.status == "done"} == {"a", "e", "f"}
    assert "cannot be read" in records["b"].reason
    assert "no strokes" in records["c"].reason
    assert "but the image has shape" in records["d"].reason
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a", "e", "f"}


def test_a_file_that_is_removed_meanwhile_fails_alone(folder, tmp_path, settings, caplog):
    jobs = make_jobs(find_pairs(folder), tmp_path / "out", settings)
    (folder / "b.png").unlink()
    records = list(run_batch(jobs))
    assert ["any more" in record.reason for record in records] == [name == "b" for name in NAMES]
    assert not caplog.records, "no traceback"


def test_a_model_that_cannot_be_used_is_refused_before_the_first_picture(folder, tmp_path):
    settings = Batch(RandomWalker(), "network", model=tmp_path / "none.safetensors")
    with pytest.raises(InvalidInput, match="there is no model at"):
        make_jobs(find_pairs(folder), tmp_path / "out", settings)


def test_a_reason_names_no_draft(folder, tmp_path, settings, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", full)
    (first, *_) = answer(folder, tmp_path / "out", settings)
    path = tmp_path / "out" / "a" / "labels.tif"
    assert first.reason.startswith(f"cannot write {path} (No space left on device)")


def test_an_unforeseen_error_fails_one_picture_only(folder, tmp_path, settings, monkeypatch):
    def broken(path):
        if path.name == "b.png":
            raise RuntimeError("boom")
        return np.asarray(Image.open(path))

    monkeypatch.setattr("napari_deep_energy.batch.reading.read_image", broken)
    records = answer(folder, tmp_path / "out", settings)
    assert [r.reason for r in records if r.status == "failed"] == ["RuntimeError: boom"]
    assert len(records) == len(NAMES)


def test_a_second_run_keeps_what_is_done_and_does_the_rest(folder, tmp_path, settings):
    stopped = run_batch(
        make_jobs(find_pairs(folder), tmp_path / "out", settings),
        stop=lambda: (tmp_path / "out" / "b").exists(),
    )
    done = []
    with pytest.raises(Cancelled):
        done.extend(stopped)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a", "b"}
    stamp = (tmp_path / "out/a/labels.tif").stat().st_mtime_ns
    again = answer(folder, tmp_path / "out", settings)
    assert [r.status for r in again] == ["kept"] * 2 + ["done"] * 4
    assert (tmp_path / "out/a/labels.tif").stat().st_mtime_ns == stamp


def test_other_settings_or_strokes_are_done_again(folder, tmp_path, settings, strokes):
    answer(folder, tmp_path / "out", settings)
    Image.fromarray(np.roll(strokes, 1, 0).astype(np.uint8)).save(folder / "a.strokes.png")
    again = {r.name: r.status for r in answer(folder, tmp_path / "out", settings)}
    assert again == dict.fromkeys(NAMES, "kept") | {"a": "done"}
    other = answer(folder, tmp_path / "out", replace(settings, spec=RandomWalker(beta=101.0)))
    assert {r.status for r in other} == {"done"}


def test_a_folder_of_results_without_its_record_is_done_again(folder, tmp_path, settings):
    answer(folder, tmp_path / "out", settings)
    (tmp_path / "out/a/record.json").unlink()
    shutil.copytree(tmp_path / "out/b", tmp_path / "out" / f".b{MARK}dead")
    again = {r.name: r.status for r in answer(folder, tmp_path / "out", settings)}
    assert again == dict.fromkeys(NAMES, "kept") | {"a": "done"}
    assert not list((tmp_path / "out").glob(f".*{MARK}*"))


def test_the_report_counts_and_explains(folder, tmp_path, settings):
    (folder / "b.png").write_bytes(b"not a picture")
    report = write_batch_report(tmp_path, answer(folder, tmp_path / "out", settings))
    assert (report["pictures"], report["done"], report["failed"]) == (6, 5, 1)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    with (tmp_path / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(NAMES)
    assert rows[1]["status"] == "failed"
    assert rows[1]["reason"].startswith("b.png cannot be read")


def test_strokes_may_be_in_a_folder_of_their_own(folder, tmp_path, settings):
    other = tmp_path / "strokes"
    other.mkdir()
    for name in NAMES:
        (folder / f"{name}.strokes.png").rename(other / f"{name}.png")
    records = answer(folder, tmp_path / "out", settings, other)
    assert {r.status for r in records} == {"done"}


def test_pictures_of_one_stem_have_results_of_their_own(folder):
    shutil.copy(folder / "a.png", folder / "a.bmp")
    assert [pair.name for pair in find_pairs(folder)][:3] == ["a.bmp", "a.png", "b"]


@pytest.mark.parametrize(("rule", "inside"), [("centre", 1), ("bright", 2), ("dark", 1)])
def test_a_rule_seeds_pictures_without_strokes(rule, inside, tmp_path):
    picture = np.full((60, 80), 0.8)
    picture[20:40, 30:50] = 0.2
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in/x.tif", picture)
    settings = Batch(RandomWalker(), "analytic", rule=rule, formats=("png",))
    (record,) = answer(tmp_path / "in", tmp_path / "out", settings)
    assert record.status == "done", record.reason
    labels = np.asarray(Image.open(tmp_path / "out/x/labels.png"))
    np.testing.assert_array_equal(labels, np.where(picture < 0.5, inside, 3 - inside))


def test_mattes_come_in_every_format(folder, tmp_path):
    settings = Batch(ClosedFormMatting(), "analytic", formats=("png", "tiff", "ome-zarr"))
    (tmp_path / "one").mkdir()
    for suffix in ("png", "strokes.png"):
        shutil.copy(folder / f"a.{suffix}", tmp_path / "one")
    (record,) = answer(tmp_path / "one", tmp_path / "out", settings)
    assert record.status == "done", record.reason
    alpha = tifffile.imread(tmp_path / "out/a/alpha.tif")
    stored = np.asarray(read_ome_zarr(tmp_path / "out/a/alpha.ome.zarr").levels[0])
    np.testing.assert_array_equal(stored, alpha)
    png = np.asarray(Image.open(tmp_path / "out/a/alpha.png"))
    np.testing.assert_array_equal(png, np.rint(255 * alpha))


def test_an_unknown_format_rule_or_folder_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no format 'gif'"):
        Batch(RandomWalker(), formats=("gif",))
    with pytest.raises(InvalidInput, match="no rule"):
        Batch(RandomWalker(), rule="magic")
    with pytest.raises(InvalidInput, match="no folder"):
        find_pairs(tmp_path / "none")
    with pytest.raises(InvalidInput, match="no picture in"):
        find_pairs(tmp_path)
