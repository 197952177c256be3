"""``segment`` and ``matte``: the product in two calls, with the names of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .errors import InvalidInput
from .images import as_array
from .interactive import Engine, InteractiveSolver, make_spec
from .seeds import labels_from_trimap
from .stopping import Stop, never

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .energy import EnergySpec
    from .minimisers import Solution
    from .networks import Checkpoint


def segment(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    engine: Engine = "auto",
    model: Checkpoint | Path | str | None = None,
    energy: str = "colour",
    beta: float | Literal["auto"] | None = None,
    lam: float | None = None,
    hard_seeds: bool | None = None,
    colour: Literal["grey", "channels", "lab"] | None = None,
    prior: float | None = None,
    objects: bool | None = None,
    refine: int | None = None,
    device: str = "auto",
    stop: Stop = never,
) -> Solution:
    """Segment a picture from painted seeds.

    Parameters
    ----------
    image
        (H, W), (H, W, C) or (C, H, W), any real type; see :func:`images.normalise`.
    seeds
        (H, W) integers: 0 unlabelled, any positive values for the classes, at least two.
    engine
        ``"analytic"`` is exact, ``"network"`` a fast estimate, ``"auto"`` chooses by size.
    model
        Checkpoint for the network; the bundled one by default.
    energy
        ``"colour"`` also goes by the colours under the strokes, and for up to six classes by what
        objects look like (``objects=False``: by the strokes alone); ``"paper"`` is the paper's
        energy: grey values, and nothing known of a pixel that is not painted.
    beta, lam, hard_seeds, colour, prior, objects
        Parameters of that energy to change, see :class:`energy.RandomWalker`.
    refine
        Steps down the energy after the network's pass: 0 is the network alone, as in the paper;
        None as many as suit the model, or else its task.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``, ...
    stop
        Polled during the work; return true to cancel.

    Returns
    -------
    Solution
        Its ``labels`` are (H, W), its ``probabilities`` (K, H, W).

    Raises
    ------
    InvalidInput
        If picture and seeds do not make a problem; the message says what to do.

    Examples
    --------
    >>> from skimage.data import coins
    >>> image, seeds = coins(), np.zeros((303, 384), int)
    >>> seeds[30:60, 30:60], seeds[:8] = 1, 2
    >>> segment(image, seeds).labels.shape
    (303, 384)
    """
    spec = make_spec(
        "segment",
        energy,
        beta=beta,
        lam=lam,
        hard_seeds=hard_seeds,
        colour=colour,
        prior=prior,
        objects=objects,
    )
    return _solve(image, as_array(seeds, "seeds"), spec, engine, model, refine, device, stop)


def matte(
    image: NDArray[Any],
    seeds: NDArray[Any] | None = None,
    *,
    trimap: NDArray[Any] | None = None,
    engine: Engine = "auto",
    model: Checkpoint | Path | str | None = None,
    energy: str = "colour",
    epsilon: float | None = None,
    lam: float | None = None,
    hard_seeds: bool | None = None,
    prior: float | Literal["auto"] | None = None,
    refine: int | None = None,
    device: str = "auto",
    stop: Stop = never,
) -> Solution:
    """Find the opacity of an object, from scribbles or from a trimap.

    Parameters
    ----------
    image
        As in :func:`segment`.
    seeds
        (H, W) integers: 1 foreground, 2 background, 0 unknown.
    trimap
        (H, W) instead of ``seeds``: 0 background, 255 (or 1.0) foreground, else unknown.
    engine, model, refine, device, stop
        As in :func:`segment`.
    energy
        ``"colour"`` also goes by the colours that a trimap makes known, ``"paper"`` is the paper's
        energy; from scribbles the two are the same.
    epsilon, lam, hard_seeds, prior
        Parameters of that energy to change, see :class:`energy.ClosedFormMatting`.

    Returns
    -------
    Solution
        Its ``alpha`` is (H, W) float32 in [0, 1].

    Raises
    ------
    InvalidInput
        If picture and seeds do not make a problem; the message says what to do.
    """
    if (seeds is None) == (trimap is None):
        raise InvalidInput("matte needs either seeds or a trimap; give one of the two.")
    labels = labels_from_trimap(trimap) if trimap is not None else as_array(seeds, "seeds")
    spec = make_spec("matte", energy, epsilon=epsilon, lam=lam, hard_seeds=hard_seeds, prior=prior)
    return _solve(image, labels, spec, engine, model, refine, device, stop)


def _solve(
    image: NDArray[Any],
    labels: NDArray[Any],
    spec: EnergySpec,
    engine: Engine,
    model: Checkpoint | Path | str | None,
    refine: int | None,
    device: str,
    stop: Stop,
) -> Solution:
    if engine == "both":
        raise InvalidInput("one call gives one solution; use compare() to run both engines.")
    solver = InteractiveSolver(image, labels.shape, spec, model, device, refine)
    return next(iter(solver.solve(labels, engine, stop).values()))
