"""Every choice of a training run, as frozen values read from one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_type_hints

from napari_deep_energy.energy import EnergySpec, RandomWalker, spec_from_dict, spec_to_dict
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.files import is_file
from napari_deep_energy.networks import Architecture

from .augmentation import Augmentation
from .objects import Selection
from .recipe_values import checked
from .seed_generation import Markers

CONFIGS = Path(__file__).parent / "configs"
T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """A stretch of training at given picture sizes."""

    steps: int
    sizes: tuple[int, ...] = (64,)
    """Heights and widths, taken in turn, one a step."""
    pixels: int = 32 * 64 * 64
    """Of a batch: the number of pictures is this over the picture's pixels, at least two."""
    descents: tuple[int, ...] = (0,)
    """Steps down the energy between the network's answer and the loss (:mod:`descended`), taken
    in turn, each for a round of the sizes; none in the paper."""

    def size(self, step: int) -> int:
        """Picture size of a step of this stage."""
        return self.sizes[step % len(self.sizes)]

    def descent(self, step: int) -> int:
        """Steps down the energy before the loss of a step of this stage."""
        return self.descents[step // len(self.sizes) % len(self.descents)]

    def batch(self, step: int) -> int:
        """Pictures in a step of this stage."""
        return max(2, self.pixels // self.size(step) ** 2)


@dataclass(frozen=True)
class Optimiser:
    """Adam (Kingma and Ba, ICLR 2015) and its schedule."""

    learning_rate: float = 3e-4
    schedule: Literal["exponential", "cosine"] = "exponential"
    """Times ``decay`` every ``decay_epochs`` (paper), or half a cosine down to zero."""
    decay: float = 0.96
    decay_epochs: int = 10
    warmup: int = 0
    """Steps of linear increase from zero."""
    clip: float = 0.0
    """Largest norm of the gradient; 0 means no limit."""
    average: float = 0.0
    """The network that is measured and kept is a moving average of the trained one's weights, of
    which this share stays at each step; 0 means the trained one itself."""


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run, beside the pictures."""

    energy: EnergySpec = field(default_factory=RandomWalker)
    stages: tuple[Stage, ...] = field(default_factory=lambda: (Stage(1000),))
    optimiser: Optimiser = field(default_factory=Optimiser)
    markers: Markers = field(default_factory=Markers)
    augmentation: Augmentation = field(default_factory=Augmentation)
    selection: Selection = field(default_factory=Selection)
    cache: int = 128
    """Height and width at which pictures are kept in memory; at least the largest size."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Of the network's arithmetic; the energy is always float32. ``"auto"`` is bfloat16 where the
    device multiplies it faster."""
    compiled: bool = False
    """Whether the network is compiled; worth its minute on a GPU."""
    measure_every: int = 200
    """Steps between two measurements on held-out pictures, each of which saves the state."""
    held_out: int = 64
    """Number of held-out objects."""
    held_out_size: int = 128
    """Their height and width."""
    held_out_steps: int = 0
    """Steps down the energy after the network before it is measured."""
    labelled_weight: float = 0.0
    """Fused training (paper section 5): confidence of the pixels of labelled pictures in their
    masks, like that of seeds; 0 (paper) looks at no mask. The energy is a sum over pixels' edges
    and a few seeds, a mask has every pixel: 0.01 is much. The network that is kept is then the
    last, not the one with the lowest energy."""
    labelled_pictures: int = 1_000_000_000
    """At most so many pictures count as labelled."""
    hidden: int = 0
    """Strokes of each class that the energy counts and the network does not see: it learns to say
    from few strokes what more of them would. 0 is the paper."""
    seed: int = 0
    width: int = 32
    """Channels inside the network; the paper's is 32."""
    start: Literal["random", "segment", "segment_prior", "segment_regions", "matte"] = "random"
    """Fresh weights, or those of a bundled checkpoint."""
    split: Literal["lists", "random"] = "lists"
    """VOC's own train and val, or 80 and 20 % of all pictures (paper)."""
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.hidden and any(max(stage.descents) for stage in self.stages):
            raise InvalidInput(
                "the recipe has hidden strokes and descents; the steps would be told of what is "
                "hidden, so set one of them to 0."
            )

    @property
    def task(self) -> str:
        """``"segment"`` or ``"matte"``."""
        return self.energy.task

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def architecture(self) -> Architecture:
        """The paper's network, with the input and the output that the energy asks for."""
        is_segment, has_prior = self.task == RandomWalker.task, self.energy.has_prior
        return Architecture(
            in_channels=5 + has_prior,
            out_channels=2 if is_segment else 1,
            width=self.width,
            softmax=is_segment,
            sees_prior=has_prior,
        )

    def at(self, step: int) -> tuple[Stage, int]:
        """Stage of a step, counted from 0, and the step within that stage."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        raise IndexError(step)

    def shortened(self, steps: int) -> Recipe:
        """The same recipe with every stage scaled so that about ``steps`` are made in all."""
        if steps < 1:
            raise InvalidInput(f"{steps} steps were asked for; give at least 1.")
        share = steps / self.steps
        stages = tuple(replace(s, steps=max(1, round(s.steps * share))) for s in self.stages)
        warmup = round(self.optimiser.warmup * min(1.0, share))
        return replace(self, stages=stages, optimiser=replace(self.optimiser, warmup=warmup))

    def labelled_by(self, pictures: int) -> Recipe:
        """The same recipe with so many labelled pictures."""
        if not self.labelled_weight:
            raise InvalidInput(
                f"{pictures} labelled pictures were asked for, but the recipe {self.name} learns "
                "from no mask; take one with a labelled_weight, like fused_segment."
            )
        return replace(self, labelled_pictures=pictures)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for checkpoints."""
        return {**asdict(self), "energy": spec_to_dict(self.energy)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Inverse of :meth:`to_dict`.

        Raises
        ------
        InvalidInput
            If a key is unknown or a value has the wrong type.
        """
        values = dict(values)
        try:
            energy = spec_from_dict(values.pop("energy"))
            stages = tuple(_build(Stage, stage) for stage in values.pop("stages"))
        except InvalidInput:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"the recipe's energy or stages cannot be read ({error}); give [energy] with its "
                "task, and one or more [[stages]] with their steps."
            ) from error
        if not stages:
            raise InvalidInput("the recipe has no stages; give one or more [[stages]].")
        return replace(_build(cls, values), energy=energy, stages=stages)

    @classmethod
    def load(cls, source: Path | str) -> Recipe:
        """Read a TOML file, or one of the package's own recipes by its name.

        Raises
        ------
        InvalidInput
            If there is no such file or recipe, or it cannot be read.
        """
        path = Path(source)
        if not is_file(path):
            path = CONFIGS / f"{source}.toml"
        if not is_file(path):
            known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
            raise InvalidInput(f"there is no recipe {source}; give a TOML file, or one of {known}.")
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(
                f"{path.name} is not TOML ({error}); correct it, or start from a bundled recipe."
            ) from error
        return cls.from_dict({"name": path.stem, **values})


def _build(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass from plain values, its nested dataclasses and tuples included."""
    if not isinstance(values, dict):
        raise InvalidInput(f"the recipe's {kind.__name__} is {values!r}; give a table of values.")
    hints = get_type_hints(kind)
    known = {f.name for f in fields(cast("Any", kind))}
    arguments: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise InvalidInput(
                f"the recipe has {key!r}, which {kind.__name__} does not know; it knows "
                f"{', '.join(sorted(known))}."
            )
        hint = hints[key]
        is_table = is_dataclass(hint)
        arguments[key] = (
            _build(cast("type[Any]", hint), value) if is_table else checked(key, value, hint)
        )
    try:
        return kind(**arguments)
    except TypeError as error:
        raise InvalidInput(
            f"the recipe's {kind.__name__} is incomplete ({error}); give what is missing."
        ) from error
