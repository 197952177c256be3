"""The rows of docs/bad-input.md, which the tests beside this file are made from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "bad-input.md"


@dataclass(frozen=True)
class Row:
    section: str
    case: str
    places: tuple[str, ...]
    said: str

    def is_said_in(self, text: str) -> bool:
        """Whether the sentence is in ``text``; the first letter's case and line ends are free."""
        parts = [re.escape(part.strip()) for part in self.said.split("…")]
        pattern = re.sub(r"(\\ | )+", r"\\s+", ".*?".join(parts))
        return re.search(pattern, text, re.DOTALL | re.IGNORECASE) is not None


def all_rows() -> list[Row]:
    rows, section = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| `"):
            case, where, _, said = (cell.strip() for cell in line.strip("|").split("|"))
            rows.append(Row(section, case.strip("`"), tuple(where.split(", ")), said))
    return rows


def rows(section: str, place: str) -> list[Row]:
    """Rows of a section that can come in at ``"python"``, ``"command"`` or ``"dock"``."""
    return [row for row in all_rows() if row.section == section and place in row.places]


def case(row: Row) -> str:
    """Name of a test."""
    return row.case
