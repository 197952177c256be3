"""How close a network comes to the optimum: energies and IoU on held-out objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage

from napari_deep_energy.minimisers import SparseDirect, descend
from napari_deep_energy.minimisers.network import steps_after
from napari_deep_energy.problem import Problem

from .augmentation import resized
from .inputs import inputs_of
from .objects import IGNORED, OBJECT
from .seed_generation import PAPER, Markers, generate, with_more

if TYPE_CHECKING:
    from napari_deep_energy.energy import EnergySpec, QuadraticEnergy, Stencil
    from napari_deep_energy.networks import (
        Architecture,
        Checkpoint,
        ContextAggregationNetwork,
    )

    from .objects import Objects


REFINEMENTS = (0, 4, 16, 64)
"""Numbers of steps that are tried after a network."""


@dataclass(frozen=True)
class HeldOut:
    """Problems that are not trained on, with their exact answers."""

    spec: EnergySpec
    counted: Problem
    """Batch of pictures and of the seeds that the energy counts, float32."""
    seen: Problem
    """The same pictures with the seeds that a network sees."""
    masks: torch.Tensor
    """(B, H, W) uint8, for measuring alone."""
    optimum: torch.Tensor
    """x*, (B, K, H, W) float32, solved in float64."""
    energy: torch.Tensor
    """E(x*), (B,) float64."""

    @classmethod
    def build(
        cls,
        objects: Objects,
        spec: EnergySpec,
        size: int,
        markers: Markers = PAPER,
        seed: int = 1,
        hidden: int = 0,
    ) -> HeldOut:
        """Fixed seeds for every object, and the optimum by a sparse factorisation.

        ``hidden`` is as in :class:`.recipe.Recipe`.
        """
        images, masks = resized(*objects.take(torch.arange(len(objects))), size)
        generator = torch.Generator().manual_seed(seed)
        few = generate(masks, markers, generator)
        seeds = with_more(few, masks, hidden, markers, generator)
        counted = Problem(images, seeds)
        seen = Problem(images, few) if hidden else counted
        optima, energies = [], []
        for k in range(len(objects)):
            one = Problem(images[k : k + 1], seeds[k : k + 1], (1, 2)).to(dtype=torch.float64)
            solution = SparseDirect().minimise(one, spec.energy(one))
            optima.append(solution.x.float())
            energies.append(solution.energy)
        optimum, energy = torch.stack(optima), torch.tensor(energies).double()
        return cls(spec, counted, seen, masks, optimum, energy)

    @cached_property
    def _quadratic(self) -> QuadraticEnergy:
        return self.spec.energy(self.counted.to(dtype=torch.float64))

    @cached_property
    def _seen(self) -> QuadraticEnergy:
        if self.seen is self.counted:
            return self._quadratic
        return self.spec.energy(self.seen.to(dtype=torch.float64), self._quadratic.laplacian)

    @cached_property
    def _stencil(self) -> Stencil:
        return self._quadratic.laplacian.stencil().to(self._quadratic.targets)

    def _inputs(self, architecture: Architecture) -> torch.Tensor:
        return inputs_of(self.seen, self._seen, architecture)

    @cached_property
    def _trivial(self) -> torch.Tensor:
        return nearest_seed(self.counted)[:, : self.optimum.shape[1]]

    def energies(self, x: torch.Tensor) -> torch.Tensor:
        """E of an answer to each problem, (B,) float64."""
        return self._quadratic(x.double())

    def figures(self, x: torch.Tensor) -> dict[str, float]:
        """How an answer compares with the optimum and with the trivial one, as means."""
        energy, iou = float(self.energies(x).mean()), self.iou(x)
        optimum, best_iou = float(self.energy.mean()), self.iou(self.optimum)
        return {
            "energy_network": energy,
            "energy_analytic": optimum,
            "energy_nearest_seed": float(self.energies(self._trivial).mean()),
            "energy_ratio": energy / optimum,
            "iou_network": iou,
            "iou_analytic": best_iou,
            "iou_gain": iou - best_iou,
        }

    def untrained(self, architecture: Architecture) -> dict[str, float]:
        """Energy of a freshly initialised network, as the first step of a training sees it."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = architecture.build().train()  # batch-norm has no statistics of its own yet
        inputs = self._inputs(architecture)
        with torch.inference_mode():
            answer = torch.cat([network(part) for part in torch.split(inputs, 8)])
        return {"energy_random": float(self.energies(answer).mean())}

    def iou(self, x: torch.Tensor) -> float:
        """Mean intersection over union of object and background, ignored pixels left out."""
        return float(mean_iou(foreground(x), self.masks).mean())

    def lowered(self, x: torch.Tensor, steps: int) -> torch.Tensor:
        """A network's answer after that many steps down the energy of the seeds that it sees.

        (B, K, H, W) float64.
        """
        return descend(self._seen, self._stencil, x.double(), steps)

    def best_lowered(self, x: torch.Tensor) -> tuple[int, torch.Tensor]:
        """After how many steps an answer has the lowest energy, and what it is then.

        Where the energy counts more strokes than the network sees, that need not be the most.
        """
        lowered = {steps: self.lowered(x, steps).float() for steps in REFINEMENTS}
        steps = min(lowered, key=lambda steps: float(self.energies(lowered[steps]).mean()))
        return steps, lowered[steps]

    def answer(self, network: ContextAggregationNetwork, batch: int = 8) -> torch.Tensor:
        """What a network says, in evaluation mode: (B, K, H, W) float32."""
        was_training = network.training
        network.eval()
        device = next(network.parameters()).device
        inputs = self._inputs(network.architecture).to(device)
        with torch.inference_mode():
            answer = torch.cat([network(part).float().cpu() for part in torch.split(inputs, batch)])
        network.train(was_training)
        return answer


def nearest_seed(problem: Problem) -> torch.Tensor:
    """The trivial answer: each pixel takes the class of the seed nearest to it, (B, 2, H, W)."""
    answers = []
    for seeds in problem.seeds.numpy():
        distance = np.stack([ndimage.distance_transform_edt(plane == 0) for plane in seeds])
        nearest = distance.argmin(0)
        answers.append(np.stack([nearest == k for k in range(len(seeds))]))
    return torch.from_numpy(np.stack(answers)).float()


ALONE = ("energy_network", "energy_ratio", "iou_network", "iou_gain")


def report(checkpoint: Checkpoint, held_out: HeldOut) -> dict[str, float]:
    """Mean energies of network, optimum, untrained network and nearest seed, with the IoUs.

    The network is followed by the steps down the energy that it has in the product; what it gives
    ``_alone`` is there too.
    """
    network = checkpoint.network
    answer = held_out.answer(network)
    alone = held_out.figures(answer)
    found = held_out.figures(held_out.lowered(answer, steps_after(checkpoint)))
    found |= {f"{name}_alone": alone[name] for name in ALONE}
    return found | held_out.untrained(network.architecture)


def foreground(x: torch.Tensor) -> torch.Tensor:
    """(B, K, H, W) probabilities or alpha -> (B, H, W) bool, true on the object."""
    return x[:, 0] > x[:, 1] if x.shape[1] == 2 else x[:, 0] > 0.5


def mean_iou(found: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Intersection over union, averaged over object and background: (B,)."""
    valid = masks != IGNORED
    result = []
    for predicted, true in ((found, masks == OBJECT), (~found, masks == 0)):
        both = (predicted & true & valid).flatten(1).sum(1)
        either = ((predicted | true) & valid).flatten(1).sum(1)
        result.append(both / either.clamp_min(1))
    return torch.stack(result).mean(0)
