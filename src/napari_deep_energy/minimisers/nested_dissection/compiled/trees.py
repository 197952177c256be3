"""Walks over the tree: blocks, each as a whole in a processor's cache, and the nodes above them."""

from __future__ import annotations

from ....kernels.compiling import compiled
from .assembly import gather_front, gather_front_half
from .fronts import backward_front, forward_front, is_empty
from .program import LANES, TILE, Front, Node
from .steps import eliminate_node, eliminate_step
from .tiles import (
    backward_tiles,
    cut_off_tiles,
    eliminate_tiles,
    forward_tiles,
    read_in,
    to_triangles,
    write_out,
)

SHAPE, ORIGIN, FACTOR, LEFT, RHS, CENTRE, HALF = (int(column) for column in tuple(Node)[:7])
PIVOTS, RING, WIDE, AROUND = (
    int(column) for column in (Front.PIVOTS, Front.RING, Front.PADDED_PIVOTS, Front.PADDED_RING)
)
ROWS, SQUARE, PIXELS = int(Front.ROWS), int(Front.SQUARE), int(Front.PIXELS)
FIRST, END, PLACES, INNER, COUNT, TILE_LEFT, TILE_COLUMN = range(7)
"""Columns of the table of tiles."""
SHAPE_OF_TILE, TILE_FACTOR, TILE_CENTRE, TILE_NODE = range(4)
TILE_ORIGIN = TILE_NODE + LANES
"""Columns of the table of groups of tiles."""
PLANE, PLANES = range(2)
"""Places in the picture's measures."""


@compiled
def eliminate_blocks(ids, flag, tree, program, system, factor, kept, scratch):
    """Eliminate some blocks; what they leave is kept."""
    numbers, fronts, all_nodes, measures = tree
    tile_nodes, tiles, groups, nodes = program
    planes, excess = system
    arena, left, columns, local_planes, local, tile_front, front, origins = scratch
    for k in range(ids.size):
        if flag[0]:
            return
        block = all_nodes[ids[k]]
        origin, base = block[ORIGIN], block[FACTOR]
        for g in range(groups.shape[0]):
            group = groups[g]
            tile = tiles[group[SHAPE_OF_TILE]]
            pixels, inner, count = numbers[tile[PLACES] :], tile[INNER], tile[COUNT]
            place_lanes(group, origin, origins)
            for number in range(1, measures[PLANES]):
                read_in(planes, number * measures[PLANE], origins, pixels, 0, count,
                        local_planes, number * count)  # fmt: skip
            read_in(excess, 0, origins, pixels, 0, inner, local, 0)
            some = tile_nodes[tile[FIRST] : tile[END]]
            area = count * LANES
            if is_empty(local_planes, 1, measures[PLANES], area, 0, area):
                cut_off_tiles(numbers, some, local, factor, base + group[TILE_FACTOR],
                              left, columns, tile_front)  # fmt: skip
            else:
                eliminate_tiles(numbers, some, local_planes, local, factor,
                                base + group[TILE_FACTOR], left, columns, tile_front)  # fmt: skip
            front_record = fronts[nodes[group[TILE_NODE], SHAPE]]
            for lane in range(LANES):
                origins[lane] = nodes[group[TILE_NODE + lane], LEFT]
            to_triangles(left[tile[TILE_LEFT] * LANES :], columns[tile[TILE_COLUMN] * LANES :],
                         front_record[RING], numbers[front_record[ROWS] :],
                         front_record[SQUARE], origins, arena)  # fmt: skip
        for m in range(nodes.shape[0]):
            node = nodes[m]
            if node[HALF] != TILE:
                eliminate_node(numbers, fronts, node, base, origin, nodes, arena, system,
                               factor, front, flag)  # fmt: skip
        last = nodes[nodes.shape[0] - 1]
        record = fronts[last[SHAPE]]
        count = record[SQUARE] + record[AROUND]
        kept[block[LEFT] : block[LEFT] + count] = arena[last[LEFT] : last[LEFT] + count]


@compiled
def place_lanes(group, origin, origins):
    """Where each tile is in the picture."""
    for lane in range(LANES):
        origins[lane] = origin + group[TILE_ORIGIN + lane]


@compiled
def eliminate_tops(ids, flag, tree, system, factor, kept, front):
    """Eliminate some nodes above the blocks."""
    numbers, fronts, nodes, _ = tree
    for k in range(ids.size):
        eliminate_node(
            numbers, fronts, nodes[ids[k]], 0, 0, nodes, kept, system, factor, front, flag
        )


@compiled
def eliminate_together(top, flag, tree, system, factor, kept, front, steps, share):
    """One of the parts of some steps, [first, end), of a node above the blocks."""
    numbers, fronts, nodes, _ = tree
    for step in range(steps[0], steps[1]):
        if flag[0]:
            return
        eliminate_step(numbers, fronts, nodes[top], 0, 0, nodes, kept, system, factor, front,
                       step, share[0], share[1], flag)  # fmt: skip


@compiled
def forward_node(
    numbers, fronts, node, base, centre_base, origin, nodes, rhs, factor, centre, left, front
):
    """Take in one right-hand side of one front."""
    record = fronts[node[SHAPE]]
    wide, width = record[WIDE], record[WIDE] + record[AROUND]
    gather_front(numbers, record, rhs, origin + node[ORIGIN], front)
    for k in range(2):
        half = nodes[node[HALF + k]]
        gather_front_half(numbers, record, k, left[half[RHS] :], front)
    start, place = base + node[FACTOR], centre_base + node[CENTRE]
    forward_front(factor[start : start + wide * width], wide, width, front, centre[place:])
    for r in range(record[AROUND]):
        left[node[RHS] + r] = front[wide + r]


@compiled
def forward_tops(ids, flag, tree, rhs, factor, centre, kept, front):
    """Take in the right-hand sides (K, plane) of some nodes above the blocks."""
    numbers, fronts, nodes, _ = tree
    for k in range(ids.size):
        if flag[0]:
            return
        for c in range(rhs.shape[0]):
            forward_node(numbers, fronts, nodes[ids[k]], 0, 0, 0, nodes, rhs[c], factor,
                         centre[c], kept[c], front)  # fmt: skip


@compiled
def forward_blocks(ids, flag, tree, program, rhs, factor, centre, kept, scratch):
    """Take in the right-hand sides (K, plane) of some blocks; what they leave is kept."""
    numbers, fronts, all_nodes, _ = tree
    tile_nodes, tiles, groups, nodes = program
    arena, _, columns, _, local, tile_front, front, origins = scratch
    last = nodes[nodes.shape[0] - 1]
    around = fronts[last[SHAPE], AROUND]
    for k in range(ids.size):
        if flag[0]:
            return
        block = all_nodes[ids[k]]
        origin, base, centre_base = block[ORIGIN], block[FACTOR], block[CENTRE]
        for c in range(rhs.shape[0]):
            for g in range(groups.shape[0]):
                group = groups[g]
                tile = tiles[group[SHAPE_OF_TILE]]
                place_lanes(group, origin, origins)
                read_in(rhs[c], 0, origins, numbers[tile[PLACES] :], 0, tile[INNER], local, 0)
                some = tile_nodes[tile[FIRST] : tile[END]]
                forward_tiles(numbers, some, local, factor, base + group[TILE_FACTOR],
                              centre[c], centre_base + group[TILE_CENTRE],
                              columns, tile_front)  # fmt: skip
                ring = fronts[nodes[group[TILE_NODE], SHAPE], RING]
                for r in range(ring):
                    for lane in range(LANES):
                        place = nodes[group[TILE_NODE + lane], RHS] + r
                        arena[place] = columns[(tile[TILE_COLUMN] + r) * LANES + lane]
            for m in range(nodes.shape[0]):
                if nodes[m, HALF] != TILE:
                    forward_node(numbers, fronts, nodes[m], base, centre_base, origin, nodes,
                                 rhs[c], factor, centre[c], arena, front)  # fmt: skip
            for r in range(around):
                kept[c, block[RHS] + r] = arena[last[RHS] + r]


@compiled
def backward_node(numbers, record, node, base, centre_base, origin, x, factor, centre, front):
    """x of the pivots of one front, from x on its ring."""
    pivots, wide, width = record[PIVOTS], record[WIDE], record[WIDE] + record[AROUND]
    place, pixels = origin + node[ORIGIN], record[PIXELS]
    front[:width] = 0
    for r in range(record[RING]):
        front[wide + r] = x[place + numbers[pixels + pivots + r]]
    start = base + node[FACTOR]
    backward_front(factor[start : start + wide * width], wide, width, front,
                   centre[centre_base + node[CENTRE] :])  # fmt: skip
    for k in range(pivots):
        x[place + numbers[pixels + k]] = front[k]


@compiled
def backward_tops(ids, flag, tree, x, factor, centre, front):
    """x (K, plane) of some nodes above the blocks."""
    numbers, fronts, nodes, _ = tree
    for k in range(ids.size):
        if flag[0]:
            return
        node = nodes[ids[k]]
        for c in range(x.shape[0]):
            backward_node(numbers, fronts[node[SHAPE]], node, 0, 0, 0, x[c], factor,
                          centre[c], front)  # fmt: skip


@compiled
def backward_blocks(ids, flag, tree, program, x, factor, centre, scratch):
    """x (K, plane) of some blocks."""
    numbers, fronts, all_nodes, _ = tree
    tile_nodes, tiles, groups, nodes = program
    _, _, _, _, local, tile_front, front, origins = scratch
    for k in range(ids.size):
        if flag[0]:
            return
        block = all_nodes[ids[k]]
        origin, base, centre_base = block[ORIGIN], block[FACTOR], block[CENTRE]
        for c in range(x.shape[0]):
            for m in range(nodes.shape[0] - 1, -1, -1):
                if nodes[m, HALF] != TILE:
                    backward_node(numbers, fronts[nodes[m, SHAPE]], nodes[m], base, centre_base,
                                  origin, x[c], factor, centre[c], front)  # fmt: skip
            for g in range(groups.shape[0]):
                group = groups[g]
                tile = tiles[group[SHAPE_OF_TILE]]
                pixels, inner = numbers[tile[PLACES] :], tile[INNER]
                place_lanes(group, origin, origins)
                read_in(x[c], 0, origins, pixels, inner, tile[COUNT], local, 0)
                some = tile_nodes[tile[FIRST] : tile[END]]
                backward_tiles(numbers, some, local, factor, base + group[TILE_FACTOR],
                               centre[c], centre_base + group[TILE_CENTRE], tile_front)  # fmt: skip
                write_out(local, origins, pixels, inner, x[c])
