"""Training, with the energy as the loss, and of the network that knows objects.

This is all that others need of it.
"""

from napari_deep_energy.errors import Diverged

from .accuracy import evaluate_table1
from .data import read_data
from .download import download_voc
from .evaluation import HeldOut, report
from .figures import figure
from .fit import Progress
from .folder import InvalidFolder
from .object_prior import ObjectProgress, ObjectRecipe, train_object_prior
from .recipe import Recipe
from .runs import finetune, train
from .speed import evaluate_table2
from .tables import table1, table2

__all__ = [
    "Diverged",
    "HeldOut",
    "InvalidFolder",
    "ObjectProgress",
    "ObjectRecipe",
    "Progress",
    "Recipe",
    "download_voc",
    "evaluate_table1",
    "evaluate_table2",
    "figure",
    "finetune",
    "read_data",
    "report",
    "table1",
    "table2",
    "train",
    "train_object_prior",
]
