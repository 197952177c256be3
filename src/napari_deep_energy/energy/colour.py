"""Colours as the eye tells them apart: CIE 1976 L*a*b* of sRGB under D65, in units of 100."""

from __future__ import annotations

import torch

XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
"""Linear sRGB -> CIE XYZ, as scikit-image's ``rgb2xyz``."""
WHITE = (0.95047, 1.0, 1.08883)
"""D65."""


def lab(image: torch.Tensor) -> torch.Tensor:
    """(B, 3, *S) sRGB in [0, 1] -> (B, 3, *S): L in [0, 1], a and b about -1.3..1.

    Of grey pictures, (B, 1, *S), L alone comes back, as a and b are 0. Pictures of another number
    of channels have no such colours and come back as they are.
    """
    if image.shape[1] == 1:
        return lab(image.expand(-1, 3, *image.shape[2:]))[:, :1]
    if image.shape[1] != 3:
        return image
    linear = torch.where(image > 0.04045, ((image + 0.055) / 1.055) ** 2.4, image / 12.92)
    scale = image.new_tensor(XYZ) / image.new_tensor(WHITE)[:, None]
    xyz = torch.einsum("dc,bc...->bd...", scale, linear)
    root = xyz.clamp_min(0.008856).pow(1 / 3)
    f = torch.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116)
    x, y, z = f.unbind(1)
    return torch.stack([1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)], 1)
