"""How close a network comes to the optimum: energies and IoU on held-out objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage

from napari_deep_energy.minimisers import SparseDirect
from napari_deep_energy.networks import network_input
from napari_deep_energy.problem import Problem

from .augmentation import resized
from .objects import IGNORED, OBJECT
from .seed_generation import PAPER, Markers, generate

if TYPE_CHECKING:
    from torch import nn

    from napari_deep_energy.energy import EnergySpec
    from napari_deep_energy.networks import Checkpoint

    from .objects import Objects


@dataclass(frozen=True)
class HeldOut:
    """Problems that are not trained on, with their exact answers."""

    spec: EnergySpec
    problem: Problem
    """Batch of pictures and seeds, float32."""
    masks: torch.Tensor
    """(B, H, W) uint8, for measuring alone."""
    optimum: torch.Tensor
    """x*, (B, K, H, W) float32, solved in float64."""
    energy: torch.Tensor
    """E(x*), (B,) float64."""

    @classmethod
    def build(
        cls, objects: Objects, spec: EnergySpec, size: int, markers: Markers = PAPER, seed: int = 1
    ) -> HeldOut:
        """Fixed seeds for every object, and the optimum by a sparse factorisation."""
        images, masks = resized(*objects.take(torch.arange(len(objects))), size)
        seeds = generate(masks, markers, torch.Generator().manual_seed(seed))
        problem = Problem(images, seeds)
        optima, energies = [], []
        for k in range(len(objects)):
            one = Problem(images[k : k + 1], seeds[k : k + 1], (1, 2)).to(dtype=torch.float64)
            solution = SparseDirect().minimise(one, spec.energy(one))
            optima.append(solution.x.float())
            energies.append(solution.energy)
        return cls(spec, problem, masks, torch.stack(optima), torch.tensor(energies).double())

    def energies(self, x: torch.Tensor) -> torch.Tensor:
        """E of an answer to each problem, (B,) float64."""
        problem = self.problem.to(dtype=torch.float64)
        return self.spec.energy(problem)(x.double())

    def ratio(self, x: torch.Tensor) -> float:
        """Mean energy of an answer over the mean energy of the optimum."""
        return float(self.energies(x).mean() / self.energy.mean())

    def iou(self, x: torch.Tensor) -> float:
        """Mean intersection over union of object and background, ignored pixels left out."""
        return float(mean_iou(foreground(x), self.masks).mean())

    def answer(self, network: nn.Module, batch: int = 8) -> torch.Tensor:
        """What a network says, in evaluation mode: (B, K, H, W) float32."""
        was_training = network.training
        network.eval()
        device = next(network.parameters()).device
        inputs = network_input(self.problem.image, self.problem.seeds).to(device)
        with torch.inference_mode():
            answer = torch.cat([network(part).float().cpu() for part in inputs.split(batch)])
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


def report(checkpoint: Checkpoint, held_out: HeldOut) -> dict[str, float]:
    """Mean energies of network, optimum, untrained network and nearest seed, with the IoUs."""
    answer = held_out.answer(checkpoint.network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = checkpoint.network.architecture.build()
    trivial = nearest_seed(held_out.problem)[:, : answer.shape[1]]
    energies = {
        "analytic": held_out.energy,
        "network": held_out.energies(answer),
        "random": held_out.energies(held_out.answer(untrained)),
        "nearest_seed": held_out.energies(trivial),
    }
    result = {f"energy_{name}": float(value.mean()) for name, value in energies.items()}
    result["energy_ratio"] = result["energy_network"] / result["energy_analytic"]
    result["iou_analytic"] = held_out.iou(held_out.optimum)
    result["iou_network"] = held_out.iou(answer)
    result["iou_gain"] = result["iou_network"] - result["iou_analytic"]
    return result


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
