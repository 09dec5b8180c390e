"""Protects what the batch APIs send, how long they wait, and which job they take for their own."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from multidict import CIMultiDict

from distilabel.errors import EndpointError
from distilabel.models.batch_jobs.apis import base
from distilabel.models.batch_jobs.apis.anthropic import AnthropicBatchAPI
from distilabel.models.batch_jobs.apis.base import FoundJob
from distilabel.models.batch_jobs.apis.openai import LABEL, OpenAIBatchAPI
from distilabel.models.http import transport
from distilabel.models.http.transport import Reply
from virtual import in_no_time

NOW = 1_800_000_000.0


class Wire:
    """Replies to requests in place of the network.

    Attributes:
        sent: Method, path and body of each request.
        times: Time of each request on the clock of the loop.
        replies: Status, data and headers of the next replies; the last one is repeated.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.times: list[float] = []
        self.replies: list[tuple[int, Any, CIMultiDict[str]]] = []

    def reply(self, data: Any, status: int = 200, **headers: str) -> None:
        named = CIMultiDict((name.replace("_", "-"), value) for name, value in headers.items())
        self.replies.append((status, data, named))

    async def send(self, method: str, url: str, *, body: bytes | None = None, **_: Any) -> Reply:
        self.sent.append((method, url.removeprefix("http://x/v1/"), body or b""))
        self.times.append(asyncio.get_running_loop().time())
        many = len(self.replies) > 1
        status, data, headers = self.replies.pop(0) if many else self.replies[0]
        return Reply(status, headers, data if isinstance(data, bytes) else orjson.dumps(data))

    @property
    def pauses(self) -> list[float]:
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(transport, "send", wire.send)
    return wire


def openai() -> OpenAIBatchAPI:
    return OpenAIBatchAPI("http://x/v1", {}, lambda body: {"generations": [], "statistics": {}})


def anthropic() -> AnthropicBatchAPI:
    return AnthropicBatchAPI(
        "http://x/v1", {}, lambda body, form: {"generations": [], "statistics": {}}
    )


def test_an_endpoint_that_says_how_long_to_wait_is_left_alone_for_so_long(wire: Wire) -> None:
    wire.reply({}, 429, Retry_After="120")
    wire.reply({}, 503, Retry_After="0")
    wire.reply({"status": "in_progress"})
    in_no_time(openai().retrieve("batch_1"))
    first, second = wire.pauses
    assert first == pytest.approx(120.0)
    # No wait is shorter than without the header.
    assert base.FIRST_WAIT * 0.9 <= second <= base.FIRST_WAIT * 2


def test_a_wait_of_days_is_not_waited_for(wire: Wire) -> None:
    wire.reply({}, 429, Retry_After="864000")
    wire.reply({"status": "in_progress"})
    in_no_time(openai().retrieve("batch_1"))
    assert wire.pauses == [pytest.approx(10 * base.LONGEST_WAIT)]


def test_pauses_grow_to_a_limit(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    wire.reply({}, 500)
    with pytest.raises(EndpointError):
        in_no_time(openai().retrieve("batch_1"))
    grown = [min(base.FIRST_WAIT * 2**n, base.LONGEST_WAIT) for n in range(base.TRIES - 1)]
    assert wire.pauses == pytest.approx(grown)


def test_a_pipeline_with_a_very_long_name_can_submit_jobs(wire: Wire) -> None:
    wire.reply({"id": "file-1"})
    wire.reply({"id": "batch_1"})
    name = "ü" * 600
    metadata = {"distilabel_pipeline_name": name, "distilabel_pipeline_cache_id": "c" * 40}
    job = in_no_time(openai().submit("label", "chat/completions", [b"{}"], metadata))
    assert job == "batch_1"
    (_, _, upload), (_, _, create) = wire.sent
    sent = orjson.loads(create)["metadata"]
    assert sent["distilabel_pipeline_name"] == name[:512]
    assert (sent[LABEL], sent["distilabel_pipeline_cache_id"]) == ("label", "c" * 40)
    file = upload.split(b'filename="', 1)[1].split(b'"', 1)[0]
    assert len(file) <= 255
    assert file.endswith(b"-fileno-label.jsonl")


def batch(
    job: str, count: int, *, created: float = NOW, status: str = "in_progress"
) -> dict[str, Any]:
    at = datetime.fromtimestamp(created, UTC).isoformat()
    return {
        "id": job,
        "processing_status": status,
        "request_counts": {"processing": count},
        "created_at": at,
        "results_url": "http://x" if status == "ended" else None,
    }


@pytest.mark.parametrize(
    ("jobs", "found"),
    [
        ([], None),
        ([batch("a", 3)], None),
        ([batch("a", 1), batch("b", 2), batch("c", 3)], FoundJob("b", False)),
        # The first after it was submitted is the likeliest.
        ([batch("late", 2, created=NOW + 9), batch("b", 2)], FoundJob("b", False)),
        ([batch("a", 2, created=NOW - 3600)], None),
        # Clocks differ.
        ([batch("a", 2, created=NOW - 60)], FoundJob("a", False)),
        ([batch("a", 2, created=NOW - 3600), batch("b", 2)], None),
    ],
)
def test_a_running_job_of_another_size_or_time_is_not_taken_for_the_lost_one(
    wire: Wire, jobs: list[Any], found: FoundJob | None
) -> None:
    wire.reply({"data": jobs, "has_more": False})
    assert in_no_time(anthropic().find("label", 2, NOW)) == found


def test_an_ended_job_is_known_by_the_names_in_it(wire: Wire) -> None:
    other, own = (batch(job, 2, status="ended") for job in ("other", "own"))
    wire.reply({"data": [other, own, batch("running", 2)], "has_more": False})
    wire.reply({"custom_id": "strange_00_", "result": {}})
    wire.reply({"custom_id": "label_00_", "result": {}})
    assert in_no_time(anthropic().find("label", 2, NOW)) == FoundJob("own", True)


def test_jobs_are_looked_for_on_all_pages_of_their_time(wire: Wire) -> None:
    wire.reply({"data": [batch("a", 9)], "has_more": True, "last_id": "a&b"})
    wire.reply({"data": [batch("b", 2)], "has_more": False})
    assert in_no_time(anthropic().find("label", 2, NOW)) == FoundJob("b", False)
    assert [path for _, path, _ in wire.sent] == [
        "messages/batches?limit=100",
        "messages/batches?limit=100&after_id=a%26b",
    ]
    wire.replies.clear()
    wire.sent.clear()
    jobs = [{"id": "x", "created_at": NOW, "metadata": None}]
    wire.reply({"data": jobs, "has_more": True})
    wire.reply({"data": [{"id": "y", "metadata": {LABEL: "label"}}], "has_more": False})
    assert in_no_time(openai().find("label", 2, NOW)) == FoundJob("y", True)
    assert wire.sent[1][1] == "batches?limit=100&after=x"
    # Behind a job of long before, there is nothing to be found.
    wire.replies.clear()
    wire.reply({"data": [{"id": "x", "created_at": NOW - 7200}], "has_more": True})
    wire.reply({"data": [{"id": "y", "metadata": {LABEL: "label"}}], "has_more": False})
    assert in_no_time(openai().find("label", 2, NOW)) is None
