"""Faults of rows, over HTTP: what people have in their data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from faults.job import Job, asked
from faults.table import Seen, fault
from serving import reply, said, served


async def echo(request: web.Request) -> web.Response:
    """Answers with the end of the question."""
    content: str = (await request.json())["messages"][-1]["content"]
    return reply(said(content[-20:]))


def job_of(cache: Path, url: str, *texts: Any) -> Job:
    return Job(cache, url, [{"instruction": text} for text in texts])


@fault("rows that are the same", done="each gets an answer of its own, and the same one next time")
def test_duplicates(tmp_path: Path) -> Seen:
    number = iter(range(100))

    async def numbered(request: web.Request) -> web.Response:
        return reply(said(f"answer {next(number)}"))

    with served(numbered) as server:
        job = job_of(tmp_path, server.url, *["the same"] * 5)
        seen = job.run()
        answers = [row["generation"] for row in job.data]
        assert len(set(answers)) == 5
        job.run()
        assert asked(server) == 5
        assert sorted(row["generation"] for row in job.data) == sorted(answers)
    return seen


@fault(
    "rows with None",
    row="DistilabelUserError: write: column 'instruction' contains None. It must contain a text",
    done="not asked; that row fails, the others go on",
)
def test_none(tmp_path: Path) -> Seen:
    with served(echo) as server:
        seen = job_of(tmp_path, server.url, "a", None, "b").run()
        assert asked(server) == 2
    return seen


@fault("a text of 5 MB", done="asked and kept as any other")
def test_a_long_text(tmp_path: Path) -> Seen:
    with served(echo) as server:
        job = job_of(tmp_path, server.url, "a", "x" * 5_000_000 + "the end")
        seen = job.run()
        assert job.data[1]["generation"].endswith("the end")
        assert len(job.data[1]["instruction"]) == 5_000_007
        job.run()
        assert job.reused == 2
    return seen


@fault(
    "a text with half a surrogate pair",
    log="WARNING  write: unpaired surrogates cannot be sent or stored and are replaced by U+FFFD. "
    "This is logged once.",
    done="asked and kept so",
)
def test_surrogates(tmp_path: Path) -> Seen:
    with served(echo) as server:
        job = job_of(tmp_path, server.url, "a", "half a pair \ud83d", "b")
        seen = job.run()
        assert [row["generation"] for row in job.data] == ["a", "half a pair \ufffd", "b"]
        job.run()
        assert asked(server) == job.reused == 3
    return seen
