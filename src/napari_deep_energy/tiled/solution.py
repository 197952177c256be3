"""Where the results of a tiled run are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..ome import read_ome_zarr

if TYPE_CHECKING:
    from pathlib import Path

    from .estimate import Estimate
    from .plan import Plan


@dataclass(frozen=True)
class TiledSolution:
    """Where the results of a tiled run are; nothing of them is in memory."""

    labels: Path | None
    """OME-Zarr (H, W) of the label values; None for matting."""
    probabilities: Path
    """OME-Zarr float32 in [0, 1]: (K, H, W) of each class, or alpha (H, W)."""
    values: tuple[int, ...]
    """Label value of each class."""
    estimate: Estimate

    @classmethod
    def of(cls, output: Path, plan: Plan) -> TiledSolution:
        """Where a finished run has its results."""
        is_matte = plan.source.spec.task == "matte"
        name = "alpha" if is_matte else "probabilities"
        labels = None if is_matte else output / "labels.ome.zarr"
        return cls(labels, output / f"{name}.ome.zarr", plan.source.values, plan.estimate)

    def read(self) -> Any:
        """The probabilities or alpha, as a dask array."""
        return read_ome_zarr(self.probabilities).levels[0]

    def read_labels(self) -> Any:
        """The labels, as a dask array."""
        assert self.labels is not None
        return read_ome_zarr(self.labels).levels[0]
