"""``batch`` as a user runs it."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image


def test_batch_does_the_folder_reports_and_goes_on(tmp_path, photograph, strokes, run):
    place = tmp_path / "in"
    place.mkdir()
    for name in ("a", "b"):
        Image.fromarray(photograph).save(place / f"{name}.png")
    Image.fromarray(strokes.astype(np.uint8)).save(place / "a.strokes.png")
    done = run("batch", place, "-o", tmp_path / "out", "--formats", "png")
    assert done.returncode == 1
    assert "failed: b: b.png has no strokes" in done.stdout
    assert "1 done, 0 kept from an earlier run, 1 failed" in done.stdout
    assert {p.name for p in (tmp_path / "out/a").iterdir()} == {
        "labels.png", "overlay.png", "record.json",
    }  # fmt: skip
    again = run("batch", place, "-o", tmp_path / "out", "--formats", "png", "--rule", "centre")
    assert again.returncode == 0
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["pictures"], report["done"], report["failed"]) == (2, 2, 0)
    third = run("batch", place, "-o", tmp_path / "out", "--formats", "png", "--rule", "centre")
    assert "0 done, 2 kept" in third.stdout


def test_batch_takes_the_energies_of_segment(tmp_path, photograph, strokes, run):
    (tmp_path / "in").mkdir()
    Image.fromarray(photograph).save(tmp_path / "in/a.png")
    Image.fromarray(strokes.astype(np.uint8)).save(tmp_path / "in/a.strokes.png")
    answers = []
    for energy in ("colour", "paper"):
        out = tmp_path / energy
        run("batch", tmp_path / "in", "-o", out, "--formats", "png", "--energy", energy)
        run("segment", tmp_path / "in/a.png", tmp_path / "in/a.strokes.png", "-o", out / "one",
            "--energy", energy)  # fmt: skip
        answers.append(np.asarray(Image.open(out / "a/labels.png")))
        one = np.asarray(Image.open(out / "one/labels.tif"))
        np.testing.assert_array_equal(answers[-1], one)
    assert (answers[0] != answers[1]).any()


def test_batch_refuses_what_cannot_be_asked(tmp_path, run):
    done = run("batch", tmp_path / "none", "--formats", "png")
    assert done.returncode == 1
    assert "no folder" in done.stderr
    done = run("batch", tmp_path, "--epsilon", 1)
    assert "belongs to matting" in done.stderr
