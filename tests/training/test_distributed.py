"""Runs on several processes: the same loss curve as one, and batch norm over all of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from napari_deep_energy.training import distributed
from napari_deep_energy.training.distributed import SharedBatchNorm
from torch import nn

SCRIPT = """
import json, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from napari_deep_energy.training import Recipe, train
from napari_deep_energy.training.recipe import Stage
recipe = Recipe(stages=(Stage(5, (24, 32), 5 * 24 * 24),), measure_every=5, held_out=2,
                held_out_size=32, cache=48)
items = list(train(recipe, [Path(sys.argv[1])], Path(sys.argv[2])))
print(json.dumps([p.loss for p in items[1:]]))
"""


def losses(voc, out, ranks: int) -> list[list[float]]:
    """Loss curve of each rank of a run on ``ranks`` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []
    for rank in range(ranks):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if ranks > 1:  # what torchrun sets
            environment |= {
                "TORCHELASTIC_RUN_ID": "test", "RANK": str(rank), "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(ranks), "LOCAL_WORLD_SIZE": str(ranks),
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
            }  # fmt: skip
        command = [sys.executable, "-c", SCRIPT, str(voc), str(out)]
        running.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        )
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def test_two_ranks_give_the_loss_curve_of_one(voc, tmp_path):
    [alone] = losses(voc, tmp_path / "alone", 1)
    first, second = losses(voc, tmp_path / "shared", 2)
    assert first == second
    # float32 sums in another order; five steps of Adam let the difference grow a little.
    assert first == pytest.approx(alone, rel=1e-3)
    assert (tmp_path / "shared" / "segment.safetensors").is_file()


def test_the_shared_batch_norm_is_torch_s_own(tmp_path):
    from torch import distributed

    distributed.init_process_group("gloo", f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        torch.manual_seed(0)
        ours, theirs = SharedBatchNorm(4).double(), nn.BatchNorm2d(4).double()
        x = torch.randn(3, 4, 5, 6, dtype=torch.float64, requires_grad=True)
        for _ in range(2):
            pull = torch.randn(3, 4, 5, 6, dtype=torch.float64)
            gradients = [
                torch.autograd.grad((norm(x) * pull).sum(), x)[0] for norm in (ours, theirs)
            ]
            torch.testing.assert_close(*gradients)
        torch.testing.assert_close(ours.running_mean, theirs.running_mean)
        torch.testing.assert_close(ours.running_var, theirs.running_var)
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))
    finally:
        distributed.destroy_process_group()


@pytest.mark.parametrize(
    ("gpus", "own", "backend"), [(0, None, "gloo"), (1, 0, "gloo"), (2, 1, "nccl"), (4, 3, "nccl")]
)
def test_processes_share_gpus_only_where_they_have_to(gpus, own, backend, monkeypatch):
    here = 4 if gpus == 4 else 2
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(here))
    monkeypatch.setenv("LOCAL_RANK", str(here - 1))
    chosen, begun = [], []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(distributed, "init_process_group", begun.append)
    distributed.join()
    assert begun == [backend]
    assert chosen == ([] if own is None else [own])
