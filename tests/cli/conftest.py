"""Running commands as a user does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from napari_deep_energy.cli import main


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command to its end, in this process: importing torch anew takes seconds each time."""

    def call(*arguments) -> Done:
        monkeypatch.setattr("sys.argv", ["napari-deep-energy", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(0 if code is None else int(code), captured.out, captured.err)

    return call
