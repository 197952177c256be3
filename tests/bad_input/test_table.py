"""Every row of the table is a case of a test, and every case has a row."""

from __future__ import annotations

from . import files, models, pictures, sessions
from .parameters import COMMANDS, PYTHON
from .table import all_rows

LAYERS = {"no-layers", "no-strokes-layer", "picture-deleted", "strokes-deleted", "lost-file",
          "no-memory", "deleted-in-a-batch", "deleted-in-fine-tuning", "deleted-while-asking",
          "deleted-in-a-whole-run"}  # fmt: skip
"""Functions of their own in tests/widgets/test_bad_input.py and test_faults.py."""


def test_rows_and_cases_are_the_same():
    cases = {
        "Pictures and strokes": set(pictures.WRONG),
        "Unusual, and answered": set(pictures.UNUSUAL),
        "Parameters and devices": set(PYTHON) | set(COMMANDS),
        "Models": set(models.WRONG),
        "Sessions": set(sessions.WRONG),
        "Files": set(files.FILES),
        "Folders": set(files.FOLDERS),
        "Recipes": set(files.RECIPES),
        "Command line": set(files.COMMANDS),
        "Layers": LAYERS,
    }
    described: dict[str, set[str]] = {}
    for row in all_rows():
        described.setdefault(row.section, set()).add(row.case)
    assert described == cases


def test_no_case_is_described_twice():
    names = [row.case for row in all_rows()]
    assert len(names) == len(set(names))


def test_every_place_has_a_name_that_a_test_reads():
    assert {place for row in all_rows() for place in row.places} == {"python", "command", "dock"}


def test_rows_match_their_own_words_and_no_others():
    for row in all_rows():
        assert row.is_said_in(f"Error: {row.said.replace('…', '17 things')}.")
        assert not row.is_said_in("something went wrong")
