"""Protects the messages between a pool and its workers: results, failures and log lines."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel._engine.workers.protocol import Assignment, JobServer, Message


class Doubles:
    """A job that doubles numbers, fails on text and logs what it is given."""

    def __init__(self, fails_to_load: bool = False) -> None:
        self._fails_to_load = fails_to_load

    def load(self) -> None:
        if self._fails_to_load:
            raise RuntimeError("no weights")

    def digest(self) -> str | None:
        return "digest"

    def run(self, batch: Any) -> Any:
        logging.getLogger("distilabel.job").info("got %s", object, extra={"odd": object()})
        return (lambda: None) if batch is None else batch * 2 if batch != "x" else 1 / 0

    def unload(self) -> None:
        raise OSError("still open")


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    root = logging.getLogger("distilabel")
    before = (root.level, list(root.handlers), root.propagate)
    yield
    root.level, root.handlers[:], root.propagate = before


def server(log: list[bytes], **given: Any) -> JobServer:
    return JobServer(Assignment(pickle.dumps(Doubles(**given)), logging.INFO), log.append)


def test_a_job_is_loaded_run_and_unloaded_by_messages() -> None:
    job = server([])
    assert not job.is_loaded
    assert Message(job.load()).value == "digest"
    assert job.is_loaded
    assert Message(job.run(pickle.dumps(21))).value == 42
    with pytest.raises(OSError, match="still open"):
        Message(job.unload())


def test_a_job_that_cannot_be_loaded_reports_why() -> None:
    job = server([], fails_to_load=True)
    with pytest.raises(RuntimeError, match="no weights"):
        Message(job.load())
    assert not job.is_loaded


def test_errors_and_results_that_cannot_be_pickled_are_failures_of_the_batch() -> None:
    job = server([])
    job.load()
    with pytest.raises(ZeroDivisionError):
        Message(job.run(pickle.dumps("x")))
    with pytest.raises(TypeError, match="its rows cannot be sent from the worker process"):
        Message(job.run(pickle.dumps(None)))


def test_a_log_line_travels_as_text_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    log: list[bytes] = []
    job = server(log)
    job.load()
    job.run(pickle.dumps(1))
    (line,) = log
    logging.getLogger("distilabel").handlers.clear()
    logging.getLogger("distilabel").propagate = True
    with caplog.at_level(logging.INFO, logger="distilabel"):
        message = Message(line)
    assert not message.is_response
    assert [record.getMessage() for record in caplog.records] == ["got <class 'object'>"]
