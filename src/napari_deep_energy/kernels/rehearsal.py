"""Every kernel run once, so that it is compiled, or loaded if it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def rehearse(dtype: torch.dtype) -> None:
    """Run every kernel for numbers of this type."""
    # Only here are the kernels' modules imported: they need numba, which is optional.
    from ..energy import one_pass, sweeps
    from ..minimisers.nested_dissection.compiled import rehearsal

    sweeps.rehearse()
    one_pass.rehearse()
    rehearsal.rehearse(dtype)
