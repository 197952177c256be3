"""Exact minimiser for volumes: nested dissection in three dimensions."""

from .engine import VolumeDissection, memory_needed

__all__ = ["VolumeDissection", "memory_needed"]
