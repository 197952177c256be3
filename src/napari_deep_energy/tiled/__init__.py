"""Pictures of any size, exactly, in the memory of a tile: domain decomposition by elimination."""

from .estimate import Estimate
from .network import predict_tiled
from .run import Plan, TiledSolution, plan_tiled, solve_tiled

__all__ = ["Estimate", "Plan", "TiledSolution", "plan_tiled", "predict_tiled", "solve_tiled"]
