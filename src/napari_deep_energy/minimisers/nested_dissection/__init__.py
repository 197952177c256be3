"""Exact minimiser: structured nested dissection, direct, brought up to date stroke by stroke."""

from .engine import NestedDissection

__all__ = ["NestedDissection"]
