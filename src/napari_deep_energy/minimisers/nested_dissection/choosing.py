"""Which factor a picture gets: compiled kernels on a CPU, recorded work on CUDA, else products."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from ... import kernels
from ...fallback import is_device_failure
from .factor import Factor
from .graphed.factor import Factor as GraphFactor
from .plan import has_corners, make_plan

if TYPE_CHECKING:
    import torch

    from ...stopping import Stop
    from .compiled.factor import Factor as CompiledFactor
    from .plan import Plan
    from .regions import Offset

    AnyFactor: TypeAlias = Factor | CompiledFactor
    WholeFactor: TypeAlias = AnyFactor | GraphFactor


NARROW, LONG = 64, 16
"""Pictures with a shorter side, or some times as long as wide, are cut into rectangles: most
diamonds would be clipped."""


def choose_plan(
    size: tuple[int, int], offsets: tuple[Offset, ...], like: torch.Tensor, stop: Stop
) -> Plan:
    """The plan of a whole picture that is best for its factor; with what else its size decides."""
    if not has_kernels(like):
        return make_plan(size, offsets, stop=stop)
    from .compiled.building import make_program

    is_narrow = min(size) < max(NARROW, max(size) / LONG)
    in_diamonds = not (has_corners(offsets) or is_narrow)
    plan = make_plan(size, offsets, stop=stop, in_diamonds=in_diamonds)
    make_program(plan, stop)
    return plan


def choose_whole_factor(plan: Plan, like: torch.Tensor) -> WholeFactor:
    """As :func:`choose_factor`, for a whole picture rather than a part of one."""
    if like.device.type == "cuda":
        try:
            return GraphFactor(plan, like)
        except RuntimeError as error:
            if not is_device_failure(error):
                raise
    return choose_factor(plan, like)


def choose_factor(plan: Plan, like: torch.Tensor) -> AnyFactor:
    """The fastest factor that is at hand for numbers of the type and on the device of ``like``."""
    if not has_kernels(like):
        return Factor(plan, like)
    from .compiled.factor import Factor as CompiledFactor

    return CompiledFactor(plan, like)


def has_kernels(like: torch.Tensor) -> bool:
    """Whether compiled kernels are at hand for such numbers."""
    return like.device.type == "cpu" and kernels.is_ready(like.dtype)


def is_outdone(factor: WholeFactor) -> bool:
    """Whether a faster kind of factor has come to hand since this one was made."""
    return isinstance(factor, Factor) and has_kernels(factor.like)


def can_turn(factor: WholeFactor) -> TypeGuard[CompiledFactor]:
    """Whether a factor can be made ready for changes in some place."""
    return not isinstance(factor, (Factor, GraphFactor))


def has_room_for(factor: WholeFactor, plan: Plan, like: torch.Tensor) -> bool:
    """Whether the memory of a factor that is not needed any more suits another picture.

    Batched products leave that to torch, which keeps a GPU's memory itself.
    """
    keeps_memory = not isinstance(factor, Factor)
    there = factor.like
    is_alike = there.dtype == like.dtype and there.device == like.device
    return keeps_memory and factor.plan is plan and is_alike
