"""Pictures of any size, exactly, in the memory of a tile: domain decomposition by elimination."""

from .estimate import Estimate
from .network import predict_tiled
from .plan import Plan, plan_tiled
from .run import solve_plan, solve_tiled
from .solution import TiledSolution

__all__ = [
    "Estimate",
    "Plan",
    "TiledSolution",
    "plan_tiled",
    "predict_tiled",
    "solve_plan",
    "solve_tiled",
]
