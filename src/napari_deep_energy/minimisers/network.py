"""Minimiser by one pass of a trained network (paper section 3.1), and a few steps from there."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from ..errors import InvalidInput
from ..networks import network_input
from ..stopping import Stop, check, never
from .descent import descend, descend_from_blocks
from .solution import Outcome, Solution, read_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..energy import Laplacian, QuadraticEnergy, Stencil
    from ..networks import Checkpoint, ContextAggregationNetwork
    from ..problem import Problem

WORKING_SIZE = 384
"""Long side, in pixels, at which the network looks at a larger picture. Its reach is 76 pixels:
at full size, strokes further away than that would not be seen at all."""

STEPS = {"segment": 64, "matte": 128}
"""Down the energy after the pass. Each costs as much as a few additions of pictures; together they
take most of the energy that the network leaves at edges (training/README.md has the figures)."""


FAR = 2
"""From so many working sizes on, the steps begin with blocks of pixels: strokes of a width that
suits such a picture are out of the network's sight for much of it."""


class NetworkMinimiser:
    """Runs the network of a checkpoint; more than two classes one against the rest.

    Parameters
    ----------
    steps
        How many steps down the energy follow the pass; 0 is the network alone, as in the paper,
        and :func:`steps_after` it if None.
    working_size
        Long side, in pixels, of what the network looks at.
    """

    name = "network"

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: torch.device | str = "cpu",
        steps: int | None = None,
        working_size: int = WORKING_SIZE,
    ) -> None:
        self.checkpoint = checkpoint
        self.working_size = working_size
        self.steps = steps_after(checkpoint) if steps is None else steps
        self._entries: tuple[Laplacian, Stencil] | None = None
        self.network = checkpoint.network.to(device).eval()
        # The layout that convolutions like best: twice as fast on a CPU.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        problem = problem.to(self.device, torch.float32)
        answer = partial(predict, self.network, working_size=self.working_size)
        x = all_classes(problem, energy.targets.to(problem.image), answer, stop)
        if not x.isfinite().all():
            raise InvalidInput(
                f"the model {self.checkpoint.name!r} answered NaN; its weights are unusable, "
                "choose another model."
            )
        x = self._lowered(x.to(energy.targets), energy, stop)
        return read_out(
            energy,
            x,
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.ESTIMATE,
            stop=stop,
        )

    def _lowered(self, x: torch.Tensor, energy: QuadraticEnergy, stop: Stop) -> torch.Tensor:
        if not self.steps:
            return x
        if self._entries is None or self._entries[0] is not energy.laplacian:
            self._entries = energy.laplacian, energy.laplacian.stencil(stop).to(x)
        is_wide = (
            max(x.shape[2:]) >= FAR * self.working_size and self.checkpoint.spec.task == "segment"
        )
        lower = descend_from_blocks if is_wide else descend
        return lower(energy, self._entries[1], x, self.steps, stop)


def steps_after(checkpoint: Checkpoint) -> int:
    """As many as suit the network, or else its task."""
    return STEPS[checkpoint.spec.task] if checkpoint.refine is None else checkpoint.refine


def all_classes(
    problem: Problem,
    targets: torch.Tensor,
    answer: Callable[[Problem, torch.Tensor], torch.Tensor],
    stop: Stop = never,
) -> torch.Tensor:
    """Probabilities (1, K, H, W) by a network that knows two classes: each against the rest.

    Of two classes, the network's own answer, (1, 2, H, W) or alpha (1, 1, H, W).

    Parameters
    ----------
    problem
        Of K classes.
    targets
        (1, K, H, W) those of the energy.
    answer
        The network's, to a two-class problem with the first class's target.
    stop
        Polled before each class; true raises :class:`Cancelled`.
    """
    if problem.seeds.shape[1] == 2:
        return answer(problem, targets[:, :1])
    votes = []
    for k in range(problem.seeds.shape[1]):
        check(stop)
        votes.append(answer(problem.one_against_rest(k), targets[:, k : k + 1])[:, :1])
    vote = torch.cat(votes, 1)
    return vote / vote.sum(1, keepdim=True).clamp_min(1e-12)


@torch.inference_mode()
def predict(
    network: ContextAggregationNetwork,
    problem: Problem,
    prior: torch.Tensor | None = None,
    working_size: int = WORKING_SIZE,
) -> torch.Tensor:
    """Answer to a two-class problem at the picture's own size, (1, out_channels, H, W).

    ``prior`` is the first class's target, (1, 1, H, W), for networks that see it.
    """
    image, seeds = problem.image, problem.seeds
    prior = prior if network.architecture.sees_prior else None
    size = image.shape[-2:]
    scale = working_size / max(size)
    if scale >= 1:
        return _run(network, image, seeds, prior)
    working = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    small = F.interpolate(image, working, mode="bilinear", antialias=True)
    if prior is not None:
        prior = F.interpolate(prior, working, mode="bilinear", antialias=True)
    answer = _run(network, small, shrink_seeds(seeds, working), prior)
    return F.interpolate(answer, size, mode="bilinear", align_corners=False)


def _run(
    network: ContextAggregationNetwork,
    image: torch.Tensor,
    seeds: torch.Tensor,
    prior: torch.Tensor | None,
) -> torch.Tensor:
    planes = network_input(image, seeds, prior).contiguous(memory_format=torch.channels_last)
    answer: torch.Tensor = network(planes)
    return answer


def shrink_seeds(seeds: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Seeds at a smaller size, see :func:`winners`."""
    return winners(F.adaptive_avg_pool2d(seeds, size))


def winners(cover: torch.Tensor) -> torch.Tensor:
    """The class that covers most of a cell, however thin its stroke, as seeds (B, K, h, w)."""
    winner = F.one_hot(cover.argmax(1), cover.shape[1]).movedim(-1, 1)
    return (winner * (cover.sum(1, keepdim=True) > 0)).to(cover)
