"""Minimiser of volumes whose factors fit into no memory: aggregation multigrid."""

from .engine import TOLERANCE, Multigrid, memory_needed

__all__ = ["TOLERANCE", "Multigrid", "memory_needed"]
