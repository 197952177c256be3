"""In which numbers a network is trained: half of them are faster where they are built in."""

from __future__ import annotations

import torch


def is_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a recipe's ``precision`` means bfloat16 on a device."""
    return has_fast_bfloat16(device) if precision == "auto" else precision == "bfloat16"


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16; a processor without is slower by it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch cannot tell
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))
