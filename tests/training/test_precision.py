"""Where half precision is chosen."""

from __future__ import annotations

import torch
from napari_deep_energy.training.precision import is_bfloat16


def test_auto_is_bfloat16_where_the_processor_has_it(monkeypatch):
    cpu = torch.device("cpu")
    for has, named in ((True, "amx_bf16"), (True, "avx512_bf16"), (False, "avx2")):
        found = {named: True}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=found: found, raising=False)
        assert is_bfloat16("auto", cpu) is has
        assert is_bfloat16("bfloat16", cpu)
        assert not is_bfloat16("float32", cpu)


def test_an_old_torch_that_cannot_tell_takes_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not is_bfloat16("auto", torch.device("cpu"))
