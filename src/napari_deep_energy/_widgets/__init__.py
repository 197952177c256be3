"""The docks: the only part of the package that knows Qt and napari."""

from .batch_dock import BatchWidget
from .compare_dock import CompareWidget
from .dock import DeepEnergyWidget
from .finetune_dock import FinetuneWidget

__all__ = ["BatchWidget", "CompareWidget", "DeepEnergyWidget", "FinetuneWidget"]
