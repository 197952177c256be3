"""The matting energy against the paper's sums and pymatting."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pymatting import cf_laplacian, estimate_alpha_cf

from napari_deep_energy import matte
from napari_deep_energy.energy import ClosedFormMatting
from napari_deep_energy.energy.matting import TRIMAP_PRIOR
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.problem import Problem


def naive_equation_11(image, alpha, epsilon):
    """Smoothness of Eq. (11) with the weights of Eq. (10), over all 81 ordered pairs a window."""
    total = 0.0
    for i in range(image.shape[0] - 2):
        for j in range(image.shape[1] - 2):
            colours = image[i : i + 3, j : j + 3].reshape(9, 3)
            values = alpha[i : i + 3, j : j + 3].ravel()
            centred = colours - colours.mean(0)
            covariance = centred.T @ centred / 9 + epsilon / 9 * np.eye(3)
            weights = (1 + centred @ np.linalg.inv(covariance) @ centred.T) / 9
            total += (weights * (values[:, None] - values[None]) ** 2).sum()
    return total


def test_energy_is_equation_11_with_each_pair_counted_once(problem):
    problem = problem.as_matting()
    spec = ClosedFormMatting(epsilon=1e-5, lam=2.0)
    energy = spec.energy(problem)
    alpha = torch.rand(energy.targets.shape, dtype=torch.float64)
    image = np.moveaxis(problem.image[0].numpy(), 0, -1)
    smooth = naive_equation_11(image, alpha[0, 0].numpy(), spec.epsilon)
    foreground, background = problem.seeds[0].numpy()
    data = 2.0 * ((foreground + background) * (alpha[0, 0].numpy() - foreground) ** 2).sum()
    np.testing.assert_allclose(energy(alpha).item(), smooth / 2 + data, rtol=1e-9)


def test_laplacian_is_that_of_pymatting(problem):
    image = np.moveaxis(problem.image[0].numpy(), 0, -1)
    ours = ClosedFormMatting(epsilon=1e-7).laplacian(problem.image).to_sparse()
    difference = abs(ours - cf_laplacian(image, epsilon=1e-7)).max()
    assert difference < 1e-8


def test_alpha_is_that_of_pymatting(photograph):
    trimap = np.full(photograph.shape[:2], 128, np.uint8)
    trimap[12:26, 22:34], trimap[:4], trimap[:, :8] = 255, 0, 0
    ours = matte(photograph, trimap=trimap, lam=100.0, energy="paper")
    image = (photograph / np.float32(255)).astype(np.float64)
    expected = estimate_alpha_cf(
        image, trimap / 255, laplacian_kwargs={"epsilon": 1e-7}, cg_kwargs={"rtol": 1e-10}
    )
    # pymatting keeps the trimap's own values; ours pulls towards them with lambda.
    unknown = trimap == 128
    np.testing.assert_allclose(ours.alpha[unknown], expected[unknown], atol=0.02)


@pytest.mark.parametrize("size", [(2, 5), (5, 2)])
def test_a_picture_without_a_window_is_refused(size):
    with pytest.raises(InvalidInput, match=f"{size[0]} x {size[1]} pixels"):
        ClosedFormMatting().laplacian(torch.rand(1, 3, *size))
    ClosedFormMatting().laplacian(torch.rand(1, 3, 3, 3))


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_any_number_of_channels_works(channels):
    generator = np.random.default_rng(0)
    image = generator.random((20, 24, channels))
    labels = np.zeros((20, 24), int)
    labels[2:5, 2:5], labels[15:18, 15:20] = 1, 2
    soft = matte(image, labels, engine="analytic").alpha
    assert soft[3, 3] > 0.7 > 0.3 > soft[16, 17]
    hard = matte(image, labels, engine="analytic", hard_seeds=True).alpha
    assert hard[3, 3] == 1
    assert hard[16, 17] == 0


class TestPrior:
    @pytest.fixture
    def trimap(self):
        """Two colours with a soft border, and labels that leave a band of it open."""
        alpha = np.clip((np.arange(40) - 12) / 16, 0, 1)[None].repeat(30, 0)
        red, blue = np.array([0.9, 0.2, 0.1]), np.array([0.1, 0.3, 0.8])
        image = alpha[..., None] * red + (1 - alpha[..., None]) * blue
        labels = np.zeros(alpha.shape, int)
        labels[:, 28:], labels[:, :12] = 1, 2
        return image.astype(np.float32), labels

    def test_auto_is_for_trimaps_and_not_for_scribbles(self, trimap):
        image, labels = trimap
        full = Problem.from_labels(image, labels).as_matting()
        few = labels.copy()
        few[:, 5:35] = 0
        scribbles = Problem.from_labels(image, few).as_matting()
        auto, paper = ClosedFormMatting(prior="auto"), ClosedFormMatting()
        free = full.seeds.sum(1, keepdim=True) == 0
        assert (auto.energy(full).confidence[free] == TRIMAP_PRIOR).all()
        torch.testing.assert_close(
            auto.energy(scribbles).confidence, paper.energy(scribbles).confidence
        )

    def test_colours_of_a_class_speak_for_it(self, trimap):
        image, labels = trimap
        problem = Problem.from_labels(image, labels).as_matting()
        targets = ClosedFormMatting(prior=0.1, bandwidth=0.05).energy(problem).targets[0, 0]
        assert targets[15, 27] > 0.9
        assert targets[15, 12] < 0.1
        assert ((targets >= 0) & (targets <= 1)).all()

    def test_a_region_without_strokes_gets_its_colour_s_class(self):
        """A dot of the object's colour that the strokes do not reach."""
        image = np.zeros((24, 24, 3), np.float32)
        image[:, :, 2] = 0.8
        image[16:20, 16:20] = image[:6] = (0.9, 0.1, 0.1)
        labels = np.zeros((24, 24), int)
        labels[:5], labels[7:12] = 1, 2
        with_prior = matte(image, labels, prior=0.01).alpha[17:19, 17:19]
        assert with_prior.min() > 0.9

    @pytest.mark.parametrize("prior", [-1.0, "strong", float("nan")])
    def test_no_number_is_refused(self, prior):
        with pytest.raises(InvalidInput, match="prior"):
            ClosedFormMatting(prior=prior)
