"""The pyramid beside the paper's network: same planes in, same answers out."""

from __future__ import annotations

import pytest
import torch

from napari_deep_energy.energy import RandomWalker
from napari_deep_energy.networks import Architecture, Checkpoint
from napari_deep_energy.networks.pyramid import PyramidNetwork


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = Architecture(width=4, scales=3).build().eval()
    for values in network.parameters():  # its blocks do nothing before they are trained
        torch.nn.init.normal_(values, std=0.2)
    return network


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (64, 64), (65, 33)])
def test_any_size_gives_probabilities_of_that_size(network, size):
    answer = network(torch.rand(2, 5, *size))
    assert answer.shape == (2, 2, *size)
    torch.testing.assert_close(answer.sum(1), torch.ones(2, *size))


def test_the_answer_depends_on_a_seed_no_further_than_the_reach(network):
    # In one row of cells, so that all that is seen lies along it.
    half = (network.reach // network.stride + 2) * network.stride
    for place in range(half, half + network.stride):
        x = torch.randn(1, 5, network.stride, 2 * half, requires_grad=True)
        network(x)[0, 0, 0, place].backward()
        seen = (x.grad[0].abs().sum((0, 1)) > 0).nonzero().ravel() - place
        assert -network.reach <= seen.min() < -network.reach / 2
        assert network.reach / 2 < seen.max() <= network.reach


def test_a_picture_moved_by_the_stride_has_the_same_answer_moved(network):
    far = 2 * (network.reach // network.stride + 2) * network.stride
    x = torch.randn(1, 5, 8, far)
    moved = network(x[..., network.stride :])
    middle = far // 2
    torch.testing.assert_close(
        network(x)[..., middle], moved[..., middle - network.stride], rtol=1e-4, atol=1e-5
    )


def test_a_checkpoint_keeps_its_scales(network, tmp_path):
    Checkpoint(network, RandomWalker()).save(tmp_path / "model.safetensors")
    loaded = Checkpoint.load(tmp_path / "model.safetensors").network
    assert isinstance(loaded, PyramidNetwork)
    planes = torch.rand(1, 5, 16, 16)
    assert torch.equal(loaded(planes), network(planes))


def test_most_layers_see_a_reduced_picture():
    def cost(architecture: Architecture) -> float:
        """Multiplications a pixel."""
        total = 0.0
        network = architecture.build().eval()
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(
                    lambda m, _, y: counts.append(m.weight.numel() * y[0, 0].numel())
                )
        counts: list[int] = []
        network(torch.rand(1, 5, 64, 64))
        total = sum(counts) / 64**2
        return total

    assert cost(Architecture(width=16, scales=5)) < 0.25 * cost(Architecture())
