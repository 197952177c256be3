"""The report at the end of a batch: one row a picture, what failed and why."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..files import write_report, write_text
from .jobs import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .jobs import Record

FIELDS = ("name", "status", "reason", "engine", "outcome", "energy", "seconds", "image")


def write_batch_report(folder: Path, records: Sequence[Record]) -> dict[str, Any]:
    """Write ``report.json`` and ``report.csv``, ordered by name; return what the JSON holds."""
    ordered = sorted(records, key=lambda record: record.name)
    counts = Counter(record.status for record in ordered)
    report = {
        "pictures": len(ordered),
        **{str(status): counts[status] for status in Status},
        "records": [record.to_dict() for record in ordered],
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(record.to_dict() for record in ordered)
    write_report(folder / "report.json", report)
    write_text(folder / "report.csv", text.getvalue())
    return report
