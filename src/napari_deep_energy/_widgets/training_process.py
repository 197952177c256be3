"""A fine-tuning run in a child process, so that it can neither freeze nor crash the viewer."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QProcess, QProcessEnvironment, Signal

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

GRACE_MS = 2_000
"""How long a child may take to end when its viewer ends."""


class TrainingProcess(QObject):
    """Starts, follows and stops one run at a time."""

    progressed = Signal(object)
    """dict of the fields of :class:`training.Progress`."""
    ended = Signal(str)
    """Why there is no model, in words; empty if there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("OMP_WAIT_POLICY", "PASSIVE")
        environment.insert("PYTHONIOENCODING", "utf-8")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._error = ""

    @property
    def is_running(self) -> bool:
        """Whether the child lives."""
        return bool(self._process.state() != QProcess.ProcessState.NotRunning)

    def start(
        self, folder: Path, task: str, out: Path, start: Path | None, steps: int | None = None
    ) -> None:
        """Fine-tune on the pictures in ``folder``; harmless while a run is on."""
        if self.is_running:
            return
        self._error = ""
        arguments = ["-m", "napari_deep_energy.cli.finetune_lines", str(folder)]
        arguments += ["--task", task, "--out", str(out)]
        arguments += ["--start", str(start)] if start else []
        arguments += ["--steps", str(steps)] if steps else []
        self._process.start(sys.executable, arguments)

    def stop(self) -> None:
        """Ask the run to end and to keep its best network; never waits."""
        if self.is_running:
            self._process.write(b"stop\n")

    def close(self) -> None:
        """End the child now; when Python ends, Qt may have done so already."""
        if isalive(self._process) and self.is_running:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(GRACE_MS)
            self._process.blockSignals(False)

    def _on_output(self) -> None:
        while self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf-8", "replace")
            try:
                values: dict[str, Any] = json.loads(line)
            except ValueError:
                logger.info("fine-tuning says: %s", line.rstrip())
                continue
            if "error" in values:
                self._error = str(values["error"])
            else:
                self.progressed.emit(values)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_output()
        complaint = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        if code and not self._error:
            logger.error("fine-tuning failed with code %s:\n%s", code, complaint)
            last = (complaint.strip().splitlines() or [f"it ended with code {code}"])[-1]
            self._error = f"Fine-tuning failed ({last}); the log has the details."
        self.ended.emit(self._error)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(f"{sys.executable} cannot be started; is Python installed?")
