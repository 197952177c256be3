"""Exact minimiser for volumes: nested dissection in three dimensions."""

from .engine import VolumeDissection

__all__ = ["VolumeDissection"]
