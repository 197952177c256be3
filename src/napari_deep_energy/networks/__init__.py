"""The networks and their files."""

from .checkpoint import MOST_STEPS, REFINE, Checkpoint, bundled, bundled_for
from .context_aggregation import Architecture, ContextAggregationNetwork, network_input
from .loading import load_model

__all__ = [
    "MOST_STEPS",
    "REFINE",
    "Architecture",
    "Checkpoint",
    "ContextAggregationNetwork",
    "bundled",
    "bundled_for",
    "load_model",
    "network_input",
]
