"""One run on several processes: every rank takes its share of each batch, nothing else changes.

Under ``torchrun`` the gradient, the loss and the batch-norm statistics are those of the whole
batch, so the loss curve is that of a single process within rounding. torch's own synchronised
batch-norm needs GPUs; this one works over gloo too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.distributed import (
    ReduceOp,
    all_reduce,
    get_rank,
    get_world_size,
    init_process_group,
    is_available,
    is_initialized,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def join() -> None:
    """Join the processes that ``torchrun`` started; alone, do nothing.

    Each takes a GPU of its own where there are enough, on every computer of the run; NCCL cannot
    share one, gloo can.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or is_initialized():
        return
    gpus = torch.cuda.device_count()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % gpus)
    init_process_group("nccl" if gpus >= int(os.environ["LOCAL_WORLD_SIZE"]) else "gloo")


def rank() -> int:
    """Number of this process, 0 for the one that measures, saves and reports."""
    return get_rank() if is_available() and is_initialized() else 0


def world_size() -> int:
    """How many processes share the run."""
    return get_world_size() if is_available() and is_initialized() else 1


def sum_over_ranks(tensors: Iterable[torch.Tensor]) -> None:
    """Add up tensors over all ranks, in place."""
    if world_size() > 1:
        for tensor in tensors:
            all_reduce(tensor, ReduceOp.SUM)


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch-norm whose statistics in training are those of all ranks' pictures."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        if not self.training or self.running_mean is None or self.running_var is None:
            return super().forward(x)
        dims = (0, 2, 3)
        count = x.new_tensor(float(x.numel() // x.shape[1]))
        total = _summed(torch.cat([x.sum(dims), count[None]]))
        mean = total[:-1] / total[-1]
        centred = x - mean[:, None, None]
        variance = _summed(centred.square().sum(dims)) / total[-1]
        with torch.no_grad():
            unbiased = variance * total[-1] / (total[-1] - 1)
            self.running_mean.lerp_(mean, self.momentum or 0.1)
            self.running_var.lerp_(unbiased, self.momentum or 0.1)
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]


def share_statistics(network: nn.Module) -> None:
    """Replace every batch-norm by one that sees all ranks; names and values stay."""
    if world_size() == 1:
        return
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm


class _Sum(torch.autograd.Function):
    """Sum over ranks; a rank's share of it pulls on every rank's loss, so gradients sum too."""

    @staticmethod
    def forward(context: object, tensor: torch.Tensor) -> torch.Tensor:
        total = tensor.clone()
        all_reduce(total, ReduceOp.SUM)
        return total

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.clone()
        all_reduce(total, ReduceOp.SUM)
        return total


def _summed(tensor: torch.Tensor) -> torch.Tensor:
    return _Sum.apply(tensor)  # type: ignore[no-any-return, no-untyped-call]
