"""The networks and their files."""

from .architecture import Architecture
from .checkpoint import Checkpoint, bundled, bundled_for
from .seeded import SeededNetwork, network_input

__all__ = [
    "Architecture",
    "Checkpoint",
    "SeededNetwork",
    "bundled",
    "bundled_for",
    "network_input",
]
