"""What a network is made of, as plain values that travel in its checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .seeded import SeededNetwork

FLAGS = ("softmax", "sees_prior")
MOST = {"depth": 16, "scales": 8}
"""Of channels 4096. A file may claim any size, and it is believed before the weights."""
NONE = {"scales"}
"""What there may be none of."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network; the defaults are the paper's."""

    in_channels: int = 5
    """Three of the picture and two of the seeds."""
    out_channels: int = 2
    width: int = 32
    depth: int = 6
    """Number of residual blocks of the paper's network; block d dilates by 2^d, so 6 reach a
    dilation of 32."""
    softmax: bool = True
    """Whether the scores become probabilities (segmentation) or stay linear (matting)."""
    sees_prior: bool = False
    """Whether the last input channel is the energy's target of the class in question, from which
    the network's scores are then corrections. Not in the paper, whose energy has no prior."""
    scales: int = 0
    """How many times a pyramid halves the picture; 0 is the paper's network, at one scale."""

    def __post_init__(self) -> None:
        for name, value in self.to_dict().items():
            kind, most = (bool, 1) if name in FLAGS else (int, MOST.get(name, 4096))
            least = 0 if name in NONE else 1
            if type(value) is not kind or not (kind is bool or least <= value <= most):
                raise ValueError(f"the network's {name} is {value!r}")

    def build(self) -> SeededNetwork:
        """A freshly initialised network."""
        # Both build on SeededNetwork, which names its architecture: imported late, not in a ring.
        from .context_aggregation import ContextAggregationNetwork
        from .pyramid import PyramidNetwork

        return PyramidNetwork(self) if self.scales else ContextAggregationNetwork(self)

    def to_dict(self) -> dict[str, int | bool]:
        """Plain values, for checkpoints."""
        return asdict(self)
