"""The thread that always does the newest."""

from __future__ import annotations

import threading

import pytest

from napari_deep_energy import Cancelled, InvalidInput
from napari_deep_energy._widgets.worker import LatestWins

from .conftest import PATIENCE


@pytest.fixture
def worker(qtbot):
    worker = LatestWins()
    yield worker
    worker.close()


def gated(gate, name, log):
    """Work that waits for a gate, then for nothing."""

    def work(report, stop):
        log.append(name)
        gate.wait(PATIENCE / 1000)
        if stop():
            raise Cancelled
        return name

    return work


def test_of_many_waiting_jobs_the_last_is_done(worker, qtbot):
    gate, log, done = threading.Event(), [], []
    worker.done.connect(lambda ticket, value: done.append(value))
    worker.submit(gated(gate, "first", log))
    qtbot.waitUntil(lambda: log == ["first"], timeout=PATIENCE)
    for name in ("second", "third", "fourth"):
        worker.submit(gated(gate, name, log))
    gate.set()
    qtbot.waitUntil(lambda: done == ["fourth"], timeout=PATIENCE)
    assert log == ["first", "fourth"]


def test_without_interrupt_the_running_job_is_finished(worker, qtbot):
    gate, log, done = threading.Event(), [], []
    worker.done.connect(lambda ticket, value: done.append(value))
    worker.submit(gated(gate, "first", log))
    qtbot.waitUntil(lambda: log == ["first"], timeout=PATIENCE)
    worker.submit(gated(gate, "second", log), interrupt=False)
    gate.set()
    qtbot.waitUntil(lambda: done == ["first", "second"], timeout=PATIENCE)


@pytest.mark.parametrize(("error", "is_logged"), [(ZeroDivisionError(), True),
                         (InvalidInput("paint more"), False), (MemoryError(), False)])  # fmt: skip
def test_what_is_no_matter_of_the_user_s_is_logged(worker, qtbot, caplog, error, is_logged):
    def fail(report, stop):
        raise error

    with qtbot.waitSignal(worker.failed, timeout=PATIENCE):
        worker.submit(fail)
    assert bool(caplog.records) == is_logged


def test_an_error_is_reported_and_the_thread_goes_on(worker, qtbot):
    failures = []
    worker.failed.connect(lambda ticket, error: failures.append(error))

    def fail(report, stop):
        raise ZeroDivisionError

    worker.submit(fail)
    qtbot.waitUntil(lambda: len(failures) == 1, timeout=PATIENCE)
    with qtbot.waitSignal(worker.done, timeout=PATIENCE):
        worker.submit(lambda report, stop: 1)


def test_close_ends_the_thread_and_a_new_job_starts_one(worker, qtbot):
    before = set(threading.enumerate())
    with qtbot.waitSignal(worker.done, timeout=PATIENCE):
        worker.submit(lambda report, stop: 1)
    (thread,) = set(threading.enumerate()) - before
    worker.close()
    qtbot.waitUntil(lambda: not thread.is_alive(), timeout=PATIENCE)
    with qtbot.waitSignal(worker.done, timeout=PATIENCE):
        worker.submit(lambda report, stop: 2)
