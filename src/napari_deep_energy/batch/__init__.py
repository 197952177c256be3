"""A folder of pictures, one job each: a dask graph, on this machine or on a cluster."""

from .finding import Pair, find_pairs
from .jobs import FORMATS, Batch, Job, Record, Status, make_jobs
from .one_picture import do_job
from .report import write_batch_report
from .rules import RULES
from .running import run_batch

__all__ = [
    "FORMATS",
    "RULES",
    "Batch",
    "Job",
    "Pair",
    "Record",
    "Status",
    "do_job",
    "find_pairs",
    "make_jobs",
    "run_batch",
    "write_batch_report",
]
