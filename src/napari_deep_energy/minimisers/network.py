"""Minimiser by one pass of a trained network (paper section 3.1): an estimate, in milliseconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from ..errors import Cancelled, InvalidInput
from ..networks import network_input
from .solution import Outcome, Solution, Stop, never, read_out

if TYPE_CHECKING:
    from ..energy import QuadraticEnergy
    from ..networks import Checkpoint, ContextAggregationNetwork
    from ..problem import Problem

WORKING_SIZE = 384
"""Long side, in pixels, at which the network looks at a larger picture. Its reach is 76 pixels:
at full size, strokes further away than that would not be seen at all."""


class NetworkMinimiser:
    """Runs the network of a checkpoint; more than two classes one against the rest."""

    name = "network"

    def __init__(self, checkpoint: Checkpoint, device: torch.device | str = "cpu") -> None:
        self.checkpoint = checkpoint
        self.network = checkpoint.network.to(device).eval()
        # The layout that convolutions like best: twice as fast on a CPU.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        problem = problem.to(self.device, torch.float32)
        if self.network.architecture.out_channels == 1:
            x = predict(self.network, problem)
        else:
            x = self._probabilities(problem, stop)
        if not x.isfinite().all():
            raise InvalidInput(
                f"the model {self.checkpoint.name!r} answered NaN; its weights are unusable, "
                "choose another model."
            )
        return read_out(
            energy,
            x,
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.ESTIMATE,
        )

    def _probabilities(self, problem: Problem, stop: Stop) -> torch.Tensor:
        if problem.seeds.shape[1] == 2:
            return predict(self.network, problem)
        votes = []
        for k in range(problem.seeds.shape[1]):
            if stop():
                raise Cancelled
            votes.append(predict(self.network, problem.one_against_rest(k))[:, :1])
        vote = torch.cat(votes, 1)
        return vote / vote.sum(1, keepdim=True).clamp_min(1e-12)


@torch.inference_mode()
def predict(network: ContextAggregationNetwork, problem: Problem) -> torch.Tensor:
    """Answer to a two-class problem at the picture's own size, (1, out_channels, H, W)."""
    image, seeds = problem.image, problem.seeds
    size = image.shape[-2:]
    scale = WORKING_SIZE / max(size)
    if scale >= 1:
        return _run(network, image, seeds)
    working = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    small = F.interpolate(image, working, mode="bilinear", antialias=True)
    answer = _run(network, small, shrink_seeds(seeds, working))
    return F.interpolate(answer, size, mode="bilinear", align_corners=False)


def _run(
    network: ContextAggregationNetwork, image: torch.Tensor, seeds: torch.Tensor
) -> torch.Tensor:
    planes = network_input(image, seeds).contiguous(memory_format=torch.channels_last)
    answer: torch.Tensor = network(planes)
    return answer


def shrink_seeds(seeds: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Seeds at a smaller size: the class that covers most of a cell, however thin its stroke."""
    cover = F.adaptive_avg_pool2d(seeds, size)
    winner = F.one_hot(cover.argmax(1), seeds.shape[1]).movedim(-1, 1)
    return winner * (cover.sum(1, keepdim=True) > 0)
