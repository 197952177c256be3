"""In which numbers a network is trained: half of them are faster where they are built in."""

from __future__ import annotations

import torch


def is_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a recipe's ``precision`` means bfloat16 on a device."""
    return has_fast_bfloat16(device) if precision == "auto" else precision == "bfloat16"


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16; a processor without is slower by it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # torch before 2.12 cannot tell
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
