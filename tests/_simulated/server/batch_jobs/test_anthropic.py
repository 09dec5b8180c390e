"""Protects Anthropic's message batches on the simulated server: their results and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from simulated_client import serving

PATH = "/v1/messages/batches"


def request(custom_id: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": "a"}]
    return {
        "custom_id": custom_id,
        "params": {"model": "m", "max_tokens": 9, "messages": messages},
    }


@pytest.mark.parametrize(
    ("end", "types"),
    [
        ("completed", ["succeeded", "succeeded"]),
        ("expired", ["succeeded", "expired"]),
        ("failed", ["errored", "errored"]),
    ],
)
async def test_results_tell_how_each_request_ended(end: str, types: list[str]) -> None:
    async with serving(batches=BatchSettings(end=end, done=0.5)) as client:
        _, job, _ = await client.post(PATH, {"requests": [request("a"), request("b")]})
        assert (job["type"], job["processing_status"]) == ("message_batch", "ended")
        assert all(job["request_counts"][kind] == types.count(kind) for kind in types)
        _, text, _ = await client.send("GET", f"{PATH}/{job['id']}/results")
        results = [json.loads(line) for line in text.splitlines()]
        assert [(each["custom_id"], each["result"]["type"]) for each in results] == [
            ("a", types[0]),
            ("b", types[1]),
        ]
        if types[0] == "succeeded":
            assert results[0]["result"]["message"]["content"][0]["type"] == "text"


async def test_a_running_job_has_no_results_until_it_is_cancelled() -> None:
    async with serving(batches=BatchSettings(seconds=3600)) as client:
        _, job, _ = await client.post(PATH, {"requests": [request("a")]})
        assert (job["processing_status"], job["results_url"]) == ("in_progress", None)
        status, _ = await client.get(f"{PATH}/{job['id']}/results")
        assert status == 404
        _, done, _ = await client.post(f"{PATH}/{job['id']}/cancel", None)
        assert (done["processing_status"], done["request_counts"]["canceled"]) == ("ended", 1)


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "1 to 100000"),
        ([request("a"), request("a")], "custom_id must be unique"),
        ([request("")], "custom_id must be unique"),
        ([{"custom_id": "a"}], "custom_id and params"),
    ],
)
async def test_bad_requests_are_rejected_in_the_wire_format(requests: Any, message: str) -> None:
    async with serving() as client:
        status, reply, _ = await client.post(PATH, {"requests": requests})
        assert (status, reply["type"]) == (400, "error")
        assert message in reply["error"]["message"]
