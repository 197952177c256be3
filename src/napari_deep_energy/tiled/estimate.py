"""Memory and disk that a tiled run will take, known before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from ..minimisers.nested_dissection.factor import CHUNK, TILE
from ..minimisers.nested_dissection.plan import make_plan
from .elimination import BLOCK

if TYPE_CHECKING:
    from ..minimisers.nested_dissection.regions import Offset
    from .grid import Grid, Node

BASE = 500 * 2**20
"""Bytes of a process that has imported everything and worked on nothing yet, and of what its
allocator keeps of small arrays."""
INVERSE = 0.4
"""Share of a matrix that its inversion holds beside it."""
MATTING_PIXEL = 3500
"""Bytes a pixel that making the matting Laplacian takes."""
WALKER_PIXEL = 250
"""The same for the random walker."""


@dataclass(frozen=True)
class Estimate:
    """Largest needs of a run, in bytes."""

    memory: int
    """Of one process, its libraries included."""
    scratch: int
    """On disk, until the run ends."""
    output: int
    """On disk, before compression."""
    tiles: int

    def __str__(self) -> str:
        parts = (self.memory, self.scratch, self.output)
        memory, scratch, output = (
            f"{part / 2**30:.1f} GiB" if part > 2**29 else f"{max(part >> 20, 1)} MiB"
            for part in parts
        )
        return (
            f"{self.tiles} tiles, {memory} of memory a process, {scratch} of scratch disk, "
            f"{output} of results"
        )


def estimate(grid: Grid, classes: int, is_cluster: bool = False) -> Estimate:
    """Needs of a run with this many right-hand sides, here or by the workers of a cluster."""
    item = 8 if grid.has_corners else 4
    root = grid.tree()
    nodes = [node for node in root.walk() if node.halves]
    memory = max(_tile(grid, classes, item), *(_merge(grid, node, item) for node in nodes), 0)
    stored = sum(_pivots(grid, node) * (_ring(grid, node) + classes) for node in nodes)
    tiles = root.leaves()
    # A cluster may eliminate every tile before it merges the first two.
    waiting = sum(_ring(grid, tile) ** 2 for tile in tiles) if is_cluster else _waiting(grid, root)
    pixels = grid.size[0] * grid.size[1]
    return Estimate(
        memory=int(BASE + memory),
        scratch=item * (stored + waiting) + 4 * classes * pixels,
        output=(4 * classes + 1) * pixels * 4 // 3,
        tiles=len(tiles),
    )


def _waiting(grid: Grid, node: Node) -> int:
    """Most entries of remainders that wait at once where one half is done before the other."""
    own = _ring(grid, node) ** 2
    if not node.halves:
        return own
    first, second = (_ring(grid, half) ** 2 for half in node.halves)
    below = [_waiting(grid, half) for half in node.halves]
    return max(below[0], first + below[1], first + second + own)


def _tile(grid: Grid, classes: int, item: int) -> float:
    """Bytes to factor the largest tile."""
    height, width = (min(grid.tile, size) for size in grid.size)
    plan = make_plan((height - grid.reach, width - grid.reach), _offsets(grid), True)
    stored = kept = 0
    widest = 0
    for level in plan.levels:
        fronts = 0
        for shape in level:
            count, pivots, ring = len(shape.origins), len(shape.pivots), len(shape.ring)
            stored += count * pivots * (pivots + ring + classes)
            fronts += count * (pivots + ring) ** 2
            if max(shape.region.size) >= TILE:
                kept += count * ring**2
        widest = max(widest, fronts)
    pixels = height * width
    own = MATTING_PIXEL if grid.has_corners else WALKER_PIXEL
    share = min(1.0, CHUNK / pixels)
    return item * (stored + kept + 2 * widest * share) + own * pixels


def _merge(grid: Grid, node: Node, item: int) -> float:
    """Bytes to eliminate what is between the halves of a node."""
    pivots, ring = _pivots(grid, node), _ring(grid, node)
    read = 3 * BLOCK * max(_ring(grid, half) for half in node.halves)  # cut apart and added
    return item * (pivots * (pivots + 2 * ring) + INVERSE * pivots**2 + ring**2 + read)


def _pivots(grid: Grid, node: Node) -> int:
    height, width = grid.separator(node).shape
    return height * width


def _ring(grid: Grid, node: Node) -> int:
    box = grid.interior(node)
    grown = box.grown(grid.reach, grid.size)
    (height, width), (outer, across) = box.shape, grown.shape
    if grid.has_corners:
        return outer * across - height * width
    return (outer - height) * width + (across - width) * height


def _offsets(grid: Grid) -> tuple[Offset, ...]:
    """Offsets of the stencil, one of each pair."""
    if not grid.has_corners:
        return ((0, 0), (1, 0), (0, 1))
    return tuple(o for o in product(range(3), range(-2, 3)) if o >= (0, 0))
