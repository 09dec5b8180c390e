"""One small run and what a user sees of it, for the tests of faults."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration
from faults.table import Seen
from rooms import rows_of
from serving import Server, said, served

KEY = "sk-not-to-be-seen-0123456789"


def questions(count: int) -> list[dict[str, Any]]:
    return [{"instruction": f"Question {i}."} for i in range(count)]


@dataclass
class Job:
    """Asks an endpoint about rows, and remembers what was seen.

    Attributes:
        cache: the cache directory.
        url: of the endpoint, without `/v1`.
        rows: what is asked.
        model: fields of the model that differ.
        data: the rows that the last run gave.
        reused: answers of the last run that were kept before.
        log: of the last run.
    """

    cache: Path
    url: str
    rows: list[dict[str, Any]] = field(default_factory=lambda: questions(3))
    model: dict[str, Any] = field(default_factory=dict)
    data: list[dict[str, Any]] = field(default_factory=list)
    reused: int = 0
    log: str = ""

    def llm(self) -> OpenAILLM:
        fields = {"model": "m", "base_url": f"{self.url}/v1", "api_key": KEY, **self.model}
        return OpenAILLM(**fields)

    def run(self) -> Seen:
        """Runs it; an error is part of what is seen."""
        with Pipeline(name="job", cache_dir=self.cache) as pipeline:
            TextGeneration(name="write", llm=self.llm())
        seen = Seen(given=len(self.rows))
        self.data = []
        try:
            distiset = pipeline.run(dataset=self.rows)
        except Exception as error:
            seen.error = str(error)
        else:
            self.data = rows_of(distiset)
            self.reused = distiset.report.reused
            seen.report = str(distiset.report)
            assert distiset.report.balanced
        records = [self.error_in(row) for row in self.data]
        seen.row = "\n".join(f"{r['type']}: {r['message']}" for r in records if r)
        # A row is there with an answer, or with why it has none.
        seen.kept = sum(
            row["generation"] is not None or record is not None
            for row, record in zip(self.data, records, strict=True)
        )
        seen.log = self.log = log_in(self.cache)
        assert KEY not in repr(seen)
        return seen

    def go_on(self, seen: Seen) -> Seen:
        """Runs again after the cure: what was seen before, with the rows of now."""
        assert seen.error, "it did not end the run"
        again = self.run()
        assert again.error == "", again.error
        assert again.row == ""
        seen.kept = again.kept
        return seen

    def error_in(self, row: dict[str, Any]) -> dict[str, Any] | None:
        error: dict[str, Any] | None = (row["distilabel_metadata"] or {}).get("error_write")
        return error


def asked(server: Server) -> int:
    """Questions that came to a server."""
    return server.paths.count("/v1/chat/completions")


def ran(cache: Path, *replies: Any, rows: int = 3, **model: Any) -> Seen:
    """Runs a job against a server that gives these replies, the last one for ever."""
    with served(*replies) as server:
        return Job(cache, server.url, questions(rows), model).run()


def ran_and_cured(
    cache: Path, bad: Any, *, rows: int = 40, answered: int = 0, most: int = 32
) -> Seen:
    """Runs a job against a server that goes bad, and again when it is well.

    Args:
        cache: the cache directory.
        bad: what it replies then.
        rows: that are asked.
        answered: answers it gives before.
        most: requests that may come when it is bad: those that are in flight by then.
    """
    with served(*[said("fine")] * answered, bad) as server:
        job = Job(cache, server.url, questions(rows))
        seen = job.run()
        assert asked(server) <= answered + most
    port = int(server.url.rpartition(":")[2])
    with served(said("fine"), port=port) as server:
        seen = job.go_on(seen)
        # No answer that had come is asked for again.
        assert asked(server) == rows - answered
        assert job.reused == answered
    return seen


class InAThread:
    """A job that runs beside the test."""

    def __init__(self, job: Job) -> None:
        self._seen: list[Seen] = []
        # A test that fails is not to wait for it.
        self._thread = threading.Thread(target=lambda: self._seen.append(job.run()), daemon=True)
        self._thread.start()

    def seen(self) -> Seen:
        """Waits for its end."""
        self._thread.join(60)
        return self._seen[0]


def log_in(cache: Path) -> str:
    """What the log says."""
    # Not wherever it may be: folders beside it come and go while a run ends.
    logs = cache.glob("job/*/executions/*/pipeline.log")
    return "\n".join(log.read_text(encoding="utf-8") for log in logs)


def until_the_log_has(cache: Path, words: str) -> None:
    for _ in range(6000):
        if words in log_in(cache):
            return
        threading.Event().wait(0.01)
    pytest.fail(f"the log never said {words!r}")
