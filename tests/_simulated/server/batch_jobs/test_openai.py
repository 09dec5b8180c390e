"""Protects OpenAI's batch jobs on the simulated server: their files, statuses and errors."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from simulated_client import Client, serving


async def data(client: Client, method: str, path: str, **options: Any) -> Any:
    status, text, _ = await client.send(method, path, **options)
    assert status == 200, text
    return json.loads(text)


async def lines(client: Client, file_id: str) -> list[Any]:
    _, text, _ = await client.send("GET", f"/v1/files/{file_id}/content")
    return [json.loads(line) for line in text.splitlines()]


async def upload(client: Client, requests: list[Any]) -> str:
    form = aiohttp.FormData()
    form.add_field("purpose", "batch")
    text = "\n".join(json.dumps(request) for request in requests)
    form.add_field("file", text.encode(), filename="a.jsonl")
    file_id: str = (await data(client, "POST", "/v1/files", data=form))["id"]
    return file_id


async def submit(client: Client, requests: list[Any], **fields: Any) -> Any:
    body = {
        "input_file_id": await upload(client, requests),
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        **fields,
    }
    return await data(client, "POST", "/v1/batches", json=body)


async def look(client: Client, job: Any) -> Any:
    return await data(client, "GET", f"/v1/batches/{job['id']}")


def request(custom_id: str, **fields: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": custom_id}]}
    url = "/v1/chat/completions"
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body, **fields}


async def test_a_completed_job_has_its_results_in_two_files() -> None:
    async with serving(batches=BatchSettings(failing=0.5)) as client:
        job = await submit(client, [request("a"), request("b")], metadata={"k": "v"})
        assert (job["object"], job["metadata"]) == ("batch", {"k": "v"})
        done = await look(client, job)
        assert done["status"] == "completed"
        assert done["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
        (good,) = await lines(client, done["output_file_id"])
        (bad,) = await lines(client, done["error_file_id"])
        assert (good["custom_id"], good["response"]["status_code"]) == ("a", 200)
        assert good["response"]["body"]["choices"][0]["message"]["content"]
        assert (bad["custom_id"], bad["response"]["status_code"]) == ("b", 500)
        # A second look does not execute the requests again.
        await look(client, job)
        stats = await client.stats()
        assert (stats["jobs"], stats["answered"], stats["repeats"]) == (1, 1, 0)


async def test_a_job_runs_until_it_is_cancelled() -> None:
    async with serving(batches=BatchSettings(seconds=3600)) as client:
        job = await submit(client, [request("a")])
        assert (await look(client, job))["status"] == "validating"
        await data(client, "POST", f"/v1/batches/{job['id']}/cancel")
        done = await look(client, job)
        assert (done["status"], done["output_file_id"]) == ("cancelled", None)
        (left,) = await lines(client, done["error_file_id"])
        assert left["response"] is None
        assert left["error"]["code"] == "batch_cancelled"


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([request("a"), request("a")], "must be unique"),
        ([request("a", url="/v1/completions")], "not a POST request to"),
        ([request("a", body=None), {"no": "request"}], "line 2 is not a request"),
    ],
)
async def test_an_invalid_file_fails_the_job(requests: list[Any], message: str) -> None:
    async with serving() as client:
        done = await look(client, await submit(client, requests))
        assert done["status"] == "failed"
        assert message in done["errors"]["data"][0]["message"]


async def test_a_job_above_the_limit_of_enqueued_requests_fails() -> None:
    async with serving(batches=BatchSettings(seconds=3600, enqueued=2)) as client:
        first = await submit(client, [request("a")])
        await client.post("/settings", {"batches": {"enqueued": 2}})
        second = await submit(client, [request("a"), request("b")])
        assert (await look(client, first))["status"] == "validating"
        done = await look(client, second)
        assert done["status"] == "failed"
        assert done["errors"]["data"][0]["code"] == "token_limit_exceeded"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ([], 400, "JSON object"),
        ({"endpoint": "/v1/embeddings"}, 400, "'/v1/embeddings' does not support"),
        ({"endpoint": "/v1/completions"}, 400, "24h"),
        ({"endpoint": "/v1/completions", "completion_window": "24h"}, 404, "no such file"),
    ],
)
async def test_a_bad_request_for_a_job_is_rejected(body: Any, status: int, message: str) -> None:
    async with serving() as client:
        given, reply, _ = await client.post("/v1/batches", body)
        assert given == status
        assert message in reply["error"]["message"]
        assert (await client.stats())["jobs"] == 0
