"""A look over the whole picture, box by box, for the energies that go by all of it.

The sums of the boxes are those of the whole: the sharpness of ``beta="auto"``, the extent of the
colours, how often each colour is painted, and the small picture on which ways are measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..energy import RandomWalker
from ..energy.colour_prior import (
    Bounds,
    Palette,
    perceived,
    posterior,
    principal_axes,
)
from ..energy.matting import confidence_of
from ..energy.object_prior import Scene, can_tell_apart, scene_size
from ..energy.random_walker import beta_of, squared_steps
from ..energy.stroke_prior import geodesic, gradient, small_size
from ..memory import returned_memory
from ..stopping import Stop, never
from .appearance import Appearance, SharedPalette
from .grid import Box
from .looks import Looks
from .tasks import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..problem import Problem
    from .grid import Grid
    from .source import Source


FEW = 3
"""Channels up to which colours have no principal axes."""


@returned_memory()
def survey(source: Source, grid: Grid, stop: Stop = never, progress: Progress = silent) -> Source:
    """The source with the appearance of its picture, if its energy goes by that.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.
    """
    look = _Look(source, Looks(grid, passes_of(source), stop, progress))
    spec = source.spec
    if isinstance(spec, RandomWalker):
        if spec.beta == "auto":
            spec = replace(spec, beta=look.beta(spec))
        appearance = Appearance(spec, source.size)
    else:
        # What is known tells scribbles from a trimap.
        spec = replace(spec, prior=confidence_of(spec, look.share()))
        appearance = Appearance(spec, source.size)
    if spec.prior:
        if goes_by_objects(source):
            appearance = look.objects(appearance)
        if appearance.asks_strokes:
            appearance = look.colours(appearance)
    return (
        source
        if appearance.spec == source.spec and not spec.prior
        else replace(source, appearance=appearance)
    )


def passes_of(source: Source) -> int:
    """How often a survey reads a picture; more, if its objects leave some to the strokes."""
    spec = source.spec
    if isinstance(spec, RandomWalker):
        for_prior = 1 if goes_by_objects(source) else passes_for_colours(source)
        return (spec.beta == "auto") + for_prior
    return 1 + passes_for_colours(source)


def passes_for_colours(source: Source) -> int:
    """How often the colours and the strokes on them are read, at most."""
    return bool(source.spec.prior) * (
        2 + (source.channels > FEW) + isinstance(source.spec, RandomWalker)
    )


def goes_by_objects(source: Source) -> bool:
    """Whether a network says what belongs together in this picture."""
    spec = source.spec
    return (
        isinstance(spec, RandomWalker)
        and spec.prior > 0
        and spec.looks_for_objects(source.channels)
        and can_tell_apart(len(source.values))
    )


class _Look:
    def __init__(self, source: Source, boxes: Looks) -> None:
        self.source, self.boxes = source, boxes
        self.small = small_size(source.size)

    def problems(self) -> Iterator[tuple[Box, Problem]]:
        for box in self.boxes:
            yield box, self.source.problem(box)

    def share(self) -> float:
        """Of the pixels that are painted."""
        painted = sum(int((self.source.labels(box) > 0).sum()) for box in self.boxes)
        return painted / (self.source.size[0] * self.source.size[1])

    def beta(self, spec: RandomWalker) -> float:
        """Beta by the mean squared step between all neighbours."""
        height, width = self.source.size
        total = 0.0
        for box in self.boxes:
            # The next row and column too: the steps to these are this box's.
            grown = Box(box.top, box.left, min(box.bottom + 1, height), min(box.right + 1, width))
            down, across = squared_steps(self.source.problem(grown).image, spec.features)
            rows, columns = box.shape
            total += float(down[..., :columns].sum() + across[:, :, :rows].sum())
        count = (height - 1) * width + height * (width - 1)
        return float(beta_of(torch.tensor(total / count, dtype=torch.float64)))

    def objects(self, appearance: Appearance) -> Appearance:
        """With what the objects in the small picture say."""
        spec, channels = appearance.spec, self.source.channels
        assert isinstance(spec, RandomWalker)

        def look(problem: Problem) -> torch.Tensor:
            return torch.cat([problem.image, problem.seeds.to(problem.image.dtype)], 1)

        small = self.shrunk(look, scene_size(self.source.size))
        logits, share = Scene(small[:, :channels]).look(small[:, channels:], spec.bandwidth)
        appearance = replace(appearance, logits=logits, share=share)
        if appearance.asks_strokes:
            self.boxes.expect(passes_for_colours(self.source))
        return appearance

    def colours(self, appearance: Appearance) -> Appearance:
        """With what the strokes say of the colours, and for segmentation of the ways."""
        axes = self.axes()
        bounds, small_image = self.bounds(axes)
        counts, painted, palette = self.counts(bounds)
        spec = appearance.spec
        tables = palette.table(counts, spec.bandwidth)
        appearance = replace(appearance, bounds=bounds, tables=tables)
        if not isinstance(spec, RandomWalker):
            return appearance

        def pieces(problem: Problem) -> torch.Tensor:
            shared = SharedPalette(problem.image, bounds, tables)
            return posterior(shared, problem.seeds, spec.bandwidth)

        small = self.shrunk(pieces)
        return replace(appearance, distance=geodesic(gradient(small_image), small, painted))

    def axes(self) -> torch.Tensor | None:
        """Principal axes of more than three channels."""
        if self.source.channels <= FEW:
            return None
        first: torch.Tensor | float = 0.0
        second: torch.Tensor | float = 0.0
        for _, problem in self.problems():
            colours = perceived(problem.image).double()
            first = first + colours.sum(2)
            second = second + colours @ colours.mT
        assert isinstance(first, torch.Tensor)
        assert isinstance(second, torch.Tensor)
        pixels = self.source.size[0] * self.source.size[1]
        scatter = second - first[:, :, None] * first[:, None] / pixels
        return principal_axes(scatter).float()

    def bounds(self, axes: torch.Tensor | None) -> tuple[Bounds, torch.Tensor]:
        """Of the colours, and the small picture (1, C, h, w)."""
        low: list[torch.Tensor] = []
        high: list[torch.Tensor] = []

        def colours(problem: Problem) -> torch.Tensor:
            flat = perceived(problem.image)
            part = Bounds.of(flat, axes)
            low.append(part.low)
            high.append(part.high)
            return flat.view(*flat.shape[:2], *problem.image.shape[2:])

        small = self.shrunk(colours)
        return Bounds(axes, torch.stack(low).amin(0), torch.stack(high).amax(0)), small

    def counts(self, bounds: Bounds) -> tuple[torch.Tensor, torch.Tensor, Palette]:
        """How often each class is painted on each colour, and where (1, K, h, w) it is at all."""
        total: torch.Tensor | None = None
        palette = None

        def strokes(problem: Problem) -> torch.Tensor:
            nonlocal total, palette
            if total is None or problem.seeds.any():
                palette = Palette(problem.image, bounds)
                here = palette.counts(problem.seeds[0])
                total = here if total is None else total + here
            return problem.seeds

        painted = self.shrunk(strokes) > 0
        assert total is not None
        assert palette is not None
        return total, painted, palette

    def shrunk(
        self, part: Callable[[Problem], torch.Tensor], small: tuple[int, ...] | None = None
    ) -> torch.Tensor:
        """Mean of ``part`` (1, D, h, w) of each box over the cells of a small picture."""
        (height, width), (rows, columns) = self.source.size, small or self.small
        total: torch.Tensor | float = 0.0
        for box, problem in self.problems():
            down = covering(box.top, box.bottom, height, rows)
            across = covering(box.left, box.right, width, columns)
            total = total + down @ part(problem).double() @ across.T
        assert isinstance(total, torch.Tensor)
        return total.float()


def covering(first: int, end: int, size: int, small: int) -> torch.Tensor:
    """Share of pixels ``first <= i < end`` of ``size`` in the mean of each of ``small`` cells.

    (small, end - first) float64, as of torch's ``adaptive_avg_pool``: cells may share a pixel.
    """
    number, pixel = torch.arange(small)[:, None], torch.arange(first, end)[None]
    start, stop = number * size // small, -(-(number + 1) * size // small)
    return ((start <= pixel) & (pixel < stop)) / (stop - start).double()
