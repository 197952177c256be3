"""What a network is shown of a problem: one place for training, measuring and timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_deep_energy.networks import network_input

if TYPE_CHECKING:
    from napari_deep_energy.energy import QuadraticEnergy
    from napari_deep_energy.networks import Architecture
    from napari_deep_energy.problem import Problem


def inputs_of(
    problem: Problem, energy: QuadraticEnergy, architecture: Architecture
) -> torch.Tensor:
    """(B, in_channels, H, W) float32, in the memory layout that convolutions like best."""
    prior = energy.targets[:, :1].float() if architecture.sees_prior else None
    planes = network_input(problem.image, problem.seeds, prior)
    return planes.contiguous(memory_format=torch.channels_last)
