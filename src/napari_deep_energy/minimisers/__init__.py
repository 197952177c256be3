"""How an energy is minimised: exactly, or by a trained network."""

from .descent import descend
from .nested_dissection import NestedDissection
from .network import NetworkMinimiser
from .solution import Minimiser, Outcome, Solution
from .sparse_direct import SparseDirect
from .volume import VolumeMinimiser

__all__ = [
    "Minimiser",
    "NestedDissection",
    "NetworkMinimiser",
    "Outcome",
    "Solution",
    "SparseDirect",
    "VolumeMinimiser",
    "descend",
]
