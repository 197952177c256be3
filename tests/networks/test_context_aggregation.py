"""The network is the one of the paper's section 3.4."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_deep_energy.networks import Architecture, network_input


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Architecture().build().eval()


def test_layers_are_those_of_the_paper(network):
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [c.kernel_size for c in convolutions] == [(3, 3)] * 19 + [(1, 1)]
    assert {c.out_channels for c in convolutions[:-1]} == {32}
    blocks = [c.dilation[0] for c in convolutions[1:-1]]
    assert blocks == [1, 1, 1, 1, 1, 2, 1, 1, 4, 1, 1, 8, 1, 1, 16, 1, 1, 32]


def test_batch_norm_follows_every_layer_but_the_last_and_relu_all_but_the_dilated(network):
    kinds = [type(m).__name__ for m in network.modules() if not list(m.children())]
    block = [
        "Conv2d",
        "BatchNorm2d",
        "ReLU",
        "Conv2d",
        "BatchNorm2d",
        "ReLU",
        "Conv2d",
        "BatchNorm2d",
    ]
    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU", *block * 6, "Conv2d"]


def test_a_block_adds_its_input(network):
    block = network.blocks[0]
    features = torch.randn(1, 32, 8, 8)
    torch.testing.assert_close(block(features), features + block.body(features))


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (64, 64), (65, 33)])
def test_any_size_gives_probabilities_of_that_size(network, size):
    answer = network(torch.rand(2, 5, *size))
    assert answer.shape == (2, 2, *size)
    torch.testing.assert_close(answer.sum(1), torch.ones(2, *size))


def test_matting_output_is_linear():
    network = Architecture(out_channels=1, softmax=False).build().eval()
    with torch.no_grad():
        network.output.bias += 5
    assert network(torch.rand(1, 5, 8, 8)).mean() > 2


def test_the_answer_depends_on_a_seed_up_to_the_reach_and_no_further(network):
    half = network.reach + 4
    x = torch.randn(1, 5, 1, 2 * half + 1, requires_grad=True)
    network(x)[0, 0, 0, half].backward()
    seen = (x.grad[0].abs().sum((0, 1)) > 0).nonzero().ravel() - half
    assert seen.min() == -network.reach
    assert seen.max() == network.reach


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_pictures_of_any_number_of_channels_become_five_planes(channels):
    image = torch.rand(2, channels, 4, 5)
    planes = network_input(image, torch.ones(2, 2, 4, 5))
    assert planes.shape == (2, 5, 4, 5)
    expected = image if channels == 3 else image.mean(1, keepdim=True).expand(2, 3, 4, 5)
    torch.testing.assert_close(planes[:, :3], expected)


def test_answer_is_in_single_precision_whatever_the_features_are(network):
    with torch.autocast("cpu", torch.bfloat16):
        answer = network(torch.rand(1, 5, 16, 16))
    assert answer.dtype == torch.float32
    # Probabilities in bfloat16 would have steps of 1/256 near one, and an energy of their own.
    assert torch.allclose(answer.sum(1), torch.ones(1, 16, 16), atol=1e-6)
