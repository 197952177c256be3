"""Which factor a picture gets: compiled kernels on a CPU, batched products elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ... import kernels
from .factor import Factor

if TYPE_CHECKING:
    import torch

    from .compiled.factor import Factor as CompiledFactor
    from .plan import Plan

    AnyFactor: TypeAlias = Factor | CompiledFactor


def choose_factor(plan: Plan, like: torch.Tensor) -> AnyFactor:
    """The fastest factor that is at hand for numbers of the type and on the device of ``like``."""
    if not has_kernels(like):
        return Factor(plan, like)
    from .compiled.factor import Factor as CompiledFactor

    return CompiledFactor(plan, like)


def has_kernels(like: torch.Tensor) -> bool:
    """Whether compiled kernels are at hand for such numbers."""
    return like.device.type == "cpu" and kernels.is_ready(like.dtype)


def is_outdone(factor: AnyFactor) -> bool:
    """Whether a faster kind of factor has come to hand since this one was made."""
    return isinstance(factor, Factor) and has_kernels(factor.like)


def has_room_for(factor: AnyFactor, plan: Plan, like: torch.Tensor) -> bool:
    """Whether the memory of a factor that is not needed any more suits another picture.

    Batched products leave that to torch, which keeps a GPU's memory itself.
    """
    is_compiled = not isinstance(factor, Factor)
    return is_compiled and factor.plan is plan and factor.like.dtype == like.dtype
