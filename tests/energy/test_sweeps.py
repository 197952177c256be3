"""Sweeps find the same shortest paths as scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.graph import MCP_Geometric

pytest.importorskip("numba")
from napari_deep_energy.energy.sweeps import relax


def check(cost, painted):
    """Hold the distances to what is painted against scikit-image's."""
    distance = np.where(painted, 0.0, np.inf)
    relax(cost, distance)
    expected = MCP_Geometric(cost).find_costs(np.argwhere(painted))[0]
    np.testing.assert_allclose(distance, expected, rtol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (17, 23), (40, 31)])
@pytest.mark.parametrize("decades", [0, 2, 5])
def test_distances_are_those_of_the_cheapest_paths(size, decades):
    random = np.random.default_rng(decades)
    cost = 10 ** (decades * (random.random(size) - 0.5))
    painted = np.zeros(size, bool)
    painted.flat[random.integers(0, painted.size, 3)] = True
    check(cost, painted)


def test_a_path_may_wind():
    """A spiral costs many sweeps, and none too few."""
    cost = np.full((15, 15), 1e6)
    for ring in range(0, 7, 2):
        cost[ring, ring : 15 - ring] = cost[ring : 15 - ring, 14 - ring] = 1
        cost[14 - ring, ring : 15 - ring] = cost[ring + 2 : 15 - ring, ring] = 1
        cost[ring + 2, ring + 1] = 1
    painted = np.zeros_like(cost, bool)
    painted[0, 0] = True
    check(cost, painted)


def test_a_path_may_turn_back_when_the_first_sweep_down_found_nothing():
    """From a painted last row up through a gate, along, and down into a pocket."""
    cost = np.full((5, 4), 1e3)
    cost[[0, 1, 4]] = cost[2, 2] = 1
    cost[:, 0] = 1
    painted = np.zeros_like(cost, bool)
    painted[-1] = True
    check(cost, painted)
