"""The energy that is left after steps down from the network's answer, as a loss.

With the steps of :mod:`minimisers.descent` behind it, a network need not learn what they do well,
the last digits at every pixel, and learns what they cannot do: which region is whose. No step is
stored for the gradient: it is one more run of the same steps, backwards (``descent.repeated``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from napari_deep_energy.minimisers.descent import conjugate_gradients, repeated

if TYPE_CHECKING:
    from napari_deep_energy.energy import QuadraticEnergy


def energy_after(energy: QuadraticEnergy, x: torch.Tensor, steps: int) -> torch.Tensor:
    """E after ``steps`` steps from x, (B, K, H, W) float32: (B,), with its gradient for x.

    Of two classes the first decides, as they sum to one.
    """
    if steps == 0:
        return energy(x)
    classes = x.shape[1]
    if classes > 2:
        raise NotImplementedError(f"networks answer one or two classes, not {classes}")
    first = replace(energy, targets=energy.targets[:, :1])
    value: torch.Tensor = _After.apply(x[:, :1], first, steps)  # type: ignore[no-untyped-call]
    return classes * value


class _After(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: torch.Tensor, energy: QuadraticEnergy, steps: int) -> torch.Tensor:
        laplacian = energy.laplacian.stencil().to(x)
        lowered, residual, taken = conjugate_gradients(energy, laplacian, x, steps)
        context.gradient = -2 * repeated(energy, laplacian, residual, taken)
        return energy(lowered)

    @staticmethod
    def backward(context: Any, *outer: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return outer[0][:, None, None, None] * context.gradient, None, None
