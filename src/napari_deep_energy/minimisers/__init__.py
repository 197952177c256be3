"""How an energy is minimised: exactly, or by a trained network."""

from .solution import Minimiser, Outcome, Solution, Stop, never
from .sparse_direct import SparseDirect

__all__ = ["Minimiser", "Outcome", "Solution", "SparseDirect", "Stop", "never"]
