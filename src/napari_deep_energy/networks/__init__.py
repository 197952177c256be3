"""The networks and their files."""

from .checkpoint import Checkpoint, bundled
from .context_aggregation import Architecture, ContextAggregationNetwork, network_input

__all__ = ["Architecture", "Checkpoint", "ContextAggregationNetwork", "bundled", "network_input"]
