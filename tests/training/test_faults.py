"""Runs that are killed, disks that fill up, GPUs that fail: what was confirmed is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from napari_deep_energy.training import device, fit, run_state
from napari_deep_energy.training.objects import Objects
from PIL import Image
from skimage import data

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import Checkpoint

from ..bad_input.files import half_written

SCRIPT = """
import json, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from napari_deep_energy.training import Recipe, finetune, train
from napari_deep_energy.training.recipe import Stage
what, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
recipe = Recipe(stages=(Stage(12, (24,), 2 * 24 * 24),), measure_every=3, held_out=2,
                held_out_size=32, cache=48)
run = train(recipe, [source], out) if what == "train" else finetune(source, recipe, out=out)
for progress in run:
    print(json.dumps([progress.step, progress.loss]), flush=True)
"""


def start(what: str, source: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, what, str(source), str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def losses(process: subprocess.Popen[str]) -> dict[int, float]:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return dict(json.loads(line) for line in output.splitlines())


@pytest.fixture
def source(request, tmp_path):
    """What to train on: a devkit, or a folder of bare pictures."""
    if request.param == "train":
        return "train", request.getfixturevalue("voc")
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        piece = data.coffee()[60 * number : 60 * number + 120, :160]
        Image.fromarray(piece).save(folder / f"{number}.png")
    return "finetune", folder


@pytest.mark.parametrize("source", ["train", "finetune"], indirect=True)
def test_a_run_that_is_killed_goes_on_where_it_was(source, tmp_path):
    what, pictures = source
    killed = start(what, pictures, tmp_path / "killed")
    assert killed.stdout is not None
    for line in killed.stdout:
        if json.loads(line)[0] == 7:  # past the second measurement, before the third
            killed.send_signal(signal.SIGKILL)
            break
    killed.communicate()
    kept = Checkpoint.load(tmp_path / "killed" / "segment.safetensors")
    assert kept.training["steps"] <= 9
    resumed = losses(start(what, pictures, tmp_path / "killed"))
    whole = losses(start(what, pictures, tmp_path / "whole"))
    assert 6 <= min(resumed) <= 9  # the kill may come after the next measurement
    assert all(loss == whole[step] for step, loss in resumed.items() if step > min(resumed))
    logs = [(tmp_path / run / "log.csv").read_text() for run in ("killed", "whole")]
    assert logs[0] == logs[1]


def test_a_kill_at_any_moment_of_saving_leaves_a_state_that_can_be_read(
    objects, recipe, held_out, tmp_path
):
    """A child saves over and over; whenever it is killed, the files are whole."""
    list(fit.fit(recipe, objects, held_out, tmp_path / "run"))
    for pause in (0.002, 0.01, 0.03):
        child = os.fork()
        if child == 0:  # pragma: no cover - ends by the signal
            run = run_state.RunState.open(tmp_path / "run", recipe, objects)
            while True:
                run._save()
                run._write_log(run._read_log())
        time.sleep(0.3 + pause)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        again = run_state.RunState.open(tmp_path / "run", recipe, objects)
        assert again.step == recipe.steps
        assert len(again._read_log()) == 3
        assert not list((tmp_path / "run").glob(".*"))


def test_a_log_that_was_cut_off_is_mended(objects, recipe, held_out, tmp_path):
    whole = list(fit.fit(recipe, objects, held_out, tmp_path))
    log = tmp_path / "log.csv"
    complete = log.read_text()
    log.write_text(complete + "8,3")
    list(fit.fit(recipe, objects, held_out, tmp_path))
    assert log.read_text() == complete
    log.unlink()
    assert next(fit.fit(recipe, objects, held_out, tmp_path)).step == whole[-1].step


def test_a_disk_that_is_full_keeps_the_last_state(objects, recipe, held_out, tmp_path, monkeypatch):
    run = fit.fit(recipe, objects, held_out, tmp_path)
    while next(run).step < 4:
        pass
    before = (tmp_path / "state.safetensors").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", half_written("full-disk"))
    with pytest.raises(InvalidInput, match="No space left on device"):
        list(run)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_a_full_gpu_hands_over_to_the_cpu_which_goes_on(
    objects, recipe, held_out, tmp_path, monkeypatch
):
    whole = list(fit.fit(recipe, objects, held_out, tmp_path / "whole"))
    update, calls = fit.update, []

    def limited(recipe, problem, run):
        calls.append(1)
        if len(calls) == 6:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        return update(recipe, problem, run)

    monkeypatch.setattr(fit, "update", limited)
    monkeypatch.setattr(device, "cuda_or_why_not", lambda: (True, ""))
    monkeypatch.setattr(Objects, "to", lambda self, device: self)
    arguments = recipe, objects, held_out, tmp_path / "gpu", lambda: False, None
    items = list(device.fit_somewhere(*arguments))
    assert [item.step for item in items] == [0, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8]
    assert items[5].notice == ""
    assert all("The GPU failed (CUDA out of memory)" in item.notice for item in items[6:])
    assert items[-1].loss == whole[-1].loss


def test_a_run_s_other_errors_are_not_taken_for_the_gpu_s(
    objects, recipe, held_out, tmp_path, monkeypatch
):
    def broken(recipe, problem, run):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(fit, "update", broken)
    monkeypatch.setattr(device, "cuda_or_why_not", lambda: (True, ""))
    monkeypatch.setattr(Objects, "to", lambda self, device: self)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        list(device.fit_somewhere(recipe, objects, held_out, tmp_path, lambda: False, None))
