"""Every Python block of the pages runs, in the page's order, and every link leads somewhere."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest
from typer.main import get_command

from napari_deep_energy.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Line and text of each Python block."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [(text[: match.start()].count("\n") + 1, match.group(1)) for match in found]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    variables: dict[str, object] = {"__name__": page.stem}
    for line, code in blocks(page):
        exec(compile("\n" * line + code, str(page), "exec"), variables)


@every_page
def test_commands_in_a_page_exist_with_their_options(page):
    commands = get_command(app).commands
    for command, rest in re.findall(r"^ {4}napari-deep-energy (\w+)(.*)$", page.read_text(), re.M):
        known = {option for parameter in commands[command].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z-]+", rest)) <= known


@every_page
def test_links_within_the_repository_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_names_of_the_python_interface_exist():
    """The first of a row is written out; the others live beside it."""
    rows = re.findall(r"^\| (`napari_deep_energy.*?) \|", (ROOT / "docs/api.md").read_text(), re.M)
    for row in rows:
        first, *others = re.findall(r"`([\w.]+)`", row)
        home = first.rpartition(".")[0]
        for name in [first, *(f"{home}.{other}" for other in others)]:
            assert pkgutil.resolve_name(name), name
    assert len(rows) > 10


def test_the_pages_are_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme, page.name
