"""The networks and their files."""

from .checkpoint import Checkpoint, bundled, bundled_for
from .context_aggregation import Architecture, ContextAggregationNetwork, network_input

__all__ = [
    "Architecture",
    "Checkpoint",
    "ContextAggregationNetwork",
    "bundled",
    "bundled_for",
    "network_input",
]
