"""Faults of answers, over HTTP: what comes with status 200 and is none, or not a whole one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from distilabel.models.rate_limit import circuit_breaker
from faults.job import Job, ran, ran_and_cured
from faults.table import Seen, fault
from serving import reply, said, served

pytestmark = pytest.mark.usefixtures("transport_kind")

FINE = said("fine")


def choice(content: str | None, reason: str, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more}
    return {"choices": [{"message": message, "finish_reason": reason}]}


@fault(
    "JSON that breaks off",
    log="write: retrying in … s: invalid reply: it is not JSON, or cut off: …",
    done="asked again, up to 6 times",
)
def test_malformed(tmp_path: Path) -> Seen:
    return ran(tmp_path, web.Response(text='{"choices": [{"mess'), FINE)


@fault(
    "a reply without `choices`",
    log="write: retrying in … s: invalid reply: it has no 'choices'",
    done="asked again, up to 6 times",
)
def test_no_choices(tmp_path: Path) -> Seen:
    return ran(tmp_path, reply({"object": "chat.completion"}), reply({"choices": []}), FINE)


@fault(
    "an error with status 200",
    log="write: retrying in … s: invalid reply: it is an error, 'the backend is gone'",
    done="asked again, up to 6 times",
)
def test_an_error_that_looks_well(tmp_path: Path) -> Seen:
    return ran(tmp_path, reply({"error": {"message": "the backend is gone"}}), FINE)


WELCOME = "<!DOCTYPE html><html><head><title>Welcome</title></head></html>"


@fault(
    "an HTML page with status 200",
    log="write: retrying in … s: invalid reply: it is a web page, 'Welcome'. Check the base_url.",
    done="asked again, up to 6 times",
)
def test_a_page(tmp_path: Path) -> Seen:
    return ran(tmp_path, web.Response(text=WELCOME, content_type="text/html"), FINE)


@fault(
    "nothing but such pages",
    error="write: m has not answered for … s: … requests in a row failed. The last error: "
    "invalid reply: it is a web page, 'Welcome'. Check the base_url.",
    done="the run stops after 30 s",
)
def test_only_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.setattr(circuit_breaker, "PATIENCE_UNKNOWN", 0.5)
    bad = web.Response(text=WELCOME, content_type="text/html")
    return ran_and_cured(tmp_path, bad, most=1000)


@fault(
    "no text (`null`), and no reason",
    log="write: retrying in … s: the model returned no text (finish reason: stop)",
    done="asked again, up to 6 times",
)
def test_null(tmp_path: Path) -> Seen:
    return ran(tmp_path, choice(None, "stop"), FINE)


@fault(
    "an empty text",
    log="WARNING  write: an answer of m is an empty text. This is logged once.",
    done="kept as it is: it is an answer",
)
def test_empty(tmp_path: Path) -> Seen:
    return result(tmp_path, choice("", "stop"), "", None)


@fault(
    "a tool call instead of a text",
    row="AnswerError: the model returned no text (finish reason: tool_calls) but called a tool",
    done="asked once; that row fails, the others go on",
)
def test_tool_call(tmp_path: Path) -> Seen:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    return fails_once(tmp_path, choice(None, "tool_calls", tool_calls=calls))


@fault(
    "a refusal (`refusal`)",
    row="AnswerError: the model returned no text (finish reason: stop) and refused: I will not.",
    done="asked once; that row fails, the others go on",
)
def test_refusal(tmp_path: Path) -> Seen:
    return fails_once(tmp_path, choice(None, "stop", refusal="I will not."))


@fault(
    "a content filter that leaves nothing",
    row="AnswerError: the model returned no text (finish reason: content_filter)",
    done="asked once; that row fails, the others go on",
)
def test_filtered(tmp_path: Path) -> Seen:
    return fails_once(tmp_path, choice(None, "content_filter"))


@fault(
    "a content filter that cuts an answer off",
    log="WARNING  write: an answer of m was cut off by a content filter "
    "(finish_reason in its distilabel_metadata). This is logged once.",
    done="kept as it is; `statistics_write` in the row's metadata has the reason",
)
def test_filtered_in_part(tmp_path: Path) -> Seen:
    return result(tmp_path, choice("Once upon", "content_filter"), "Once upon", "content_filter")


@fault(
    "an answer that is cut off at `max_new_tokens` (`length`)",
    log="WARNING  write: an answer of m was cut off at max_new_tokens "
    "(finish_reason in its distilabel_metadata: length). This is logged once.",
    done="kept as it is; `statistics_write` in the row's metadata has the reason",
)
def test_cut_off(tmp_path: Path) -> Seen:
    return result(tmp_path, choice("Once upon", "length"), "Once upon", "length")


def fails_once(cache: Path, bad: Any) -> Seen:
    with served(bad, FINE) as server:
        job = Job(cache, server.url)
        seen = job.run()
        assert server.paths.count("/v1/chat/completions") == 3
    assert len(seen.row.splitlines()) == 1
    return seen


def result(cache: Path, answer: Any, text: str, reason: str | None) -> Seen:
    """Runs with one such answer among others; it is told once, and kept."""
    with served(answer, answer, FINE) as server:
        job = Job(cache, server.url, model={"max_concurrency": 1})
        seen = job.run()
        assert [row["generation"] for row in job.data] == [text, text, "fine"]
        statistics = [row["distilabel_metadata"]["statistics_write"] for row in job.data]
        assert [s.get("finish_reason") for s in statistics] == [reason, reason, None]
        assert seen.log.count("This is logged once.") == 1
        job.run()
        assert job.reused == 3
    return seen
