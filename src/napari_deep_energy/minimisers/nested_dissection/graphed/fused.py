"""The operations by Triton kernels, one launch each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import kernels
from .operations import Left

if TYPE_CHECKING:
    import torch

    from .layout import Level
    from .operations import Picture

ROWS, COLUMNS = 32, 64
"""Part of a large front that a program assembles."""
BLOCK = 512
"""Numbers that a program gathers."""
PART = 1024
"""Numbers in the part of a matrix that a program multiplies at a time."""
DOWN, ALONG = 32, 128
"""Longest side of such a part along its sum, over rows that lie apart or over neighbours."""


def assemble(picture: Picture, level: Level, below: Left | None) -> torch.Tensor:
    """See :class:`Operations`."""
    width = level.width
    front = picture.couplings.new_empty(level.count, width, width)
    rows, columns = _parts(width, ROWS), _parts(width, COLUMNS)
    kernels.assemble[level.count * rows * columns,](
        front,
        *_tables(level),
        *_matrix(picture),
        *_left(picture, below),
        level.pivots,
        width,
        columns,
        rows * columns,
        REACH=picture.reach,
        ROWS=ROWS,
        COLUMNS=COLUMNS,
    )
    return front


def eliminate(
    picture: Picture,
    level: Level,
    below: Left | None,
    inverse: torch.Tensor,
    gain: torch.Tensor,
) -> Left:
    """See :class:`Operations`."""
    n, ring = level.count, level.ring
    coupling = inverse.new_empty(n, ring, ring)
    excess = inverse.new_empty(n, 1, ring)
    side = _power(level.width)
    kernels.eliminate[n,](
        inverse,
        gain,
        coupling,
        excess,
        *_tables(level),
        *_matrix(picture),
        *_left(picture, below),
        picture.excess,
        picture.excess if below is None else below.excess,
        *picture.size,
        level.pivots,
        level.width,
        REACH=picture.reach,
        SIDE=side,
        num_warps=_warps(side, inverse),
    )
    return Left(coupling, excess)


def gather(
    values: torch.Tensor, level: Level, below: torch.Tensor | None, padding: int
) -> torch.Tensor:
    """See :class:`Operations`."""
    columns = values.new_empty(level.count, len(values), level.width)
    total = level.count * level.width
    kernels.gather[_parts(total, BLOCK), len(values)](
        columns,
        values,
        values if below is None else below,
        *_tables(level),
        *level.size,
        0 if below is None else below.shape[2],
        level.pivots,
        level.width,
        total,
        PADDING=padding,
        BLOCK=BLOCK,
    )
    return columns


def forward(
    columns: torch.Tensor,
    level: Level,
    inverse: torch.Tensor,
    gain: torch.Tensor,
    x: torch.Tensor | None,
) -> torch.Tensor:
    """See :class:`Operations`."""
    count = columns.shape[1]
    passed = columns.new_empty(level.count, count, level.ring)
    total = level.count * level.width
    along = min(DOWN, _power(level.pivots))
    across = PART // along
    kernels.forward[_parts(total, across), count](
        passed,
        columns if x is None else x,
        columns,
        inverse,
        gain,
        *_tables(level),
        *level.size,
        level.pivots,
        level.width,
        total,
        WRITES_X=x is not None,
        ALONG=along,
        ACROSS=across,
    )
    return passed


def backward(x: torch.Tensor, level: Level, gain: torch.Tensor) -> None:
    """See :class:`Operations`."""
    if not level.ring:
        return
    total = level.count * level.pivots
    along = min(ALONG, _power(level.ring))
    across = PART // along
    kernels.backward[_parts(total, across), len(x)](
        x,
        gain,
        *_tables(level),
        *level.size,
        level.pivots,
        level.width,
        total,
        ALONG=along,
        ACROSS=across,
    )


def invert(coupling: torch.Tensor, excess: torch.Tensor, out: torch.Tensor) -> None:
    """See :class:`Operations`."""
    side = _power(excess.shape[1])
    kernels.invert[len(excess),](
        out,
        coupling,
        excess,
        *out.stride()[:2],
        *coupling.stride()[:2],
        *excess.stride(),
        excess.shape[1],
        SIDE=side,
        num_warps=_warps(side, coupling),
    )


def _tables(level: Level) -> tuple[torch.Tensor, ...]:
    return level.shape, level.origin, level.rows, level.columns, level.halves, level.places


def _matrix(picture: Picture) -> tuple[torch.Tensor | int, ...]:
    return picture.couplings, picture.table, picture.plane, picture.pitch


def _left(picture: Picture, below: Left | None) -> tuple[torch.Tensor | int, ...]:
    """Couplings of the halves, their strides, and how many ring pixels they have."""
    if below is None:
        return picture.couplings, 0, 0, 0  # leaves read none
    coupling = below.coupling
    return coupling, *coupling.stride()[:2], coupling.shape[1]


def _power(number: int) -> int:
    """The least power of two that is not less."""
    return 1 << (number - 1).bit_length()


def _parts(number: int, size: int) -> int:
    return -(-number // size)


def _warps(side: int, like: torch.Tensor) -> int:
    """Threads by 32, so that a square of this side fits into their registers."""
    return max(1, min(16, side * side * like.element_size() // (32 * 128)))
