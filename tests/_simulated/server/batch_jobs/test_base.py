"""Protects what the batch APIs share: pages of jobs, and descriptions of one moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from distilabel._simulated.server.batch_jobs.anthropic import AnthropicBatchEndpoint
from distilabel._simulated.server.batch_jobs.base import BatchEndpoint
from distilabel._simulated.server.batch_jobs.job import Job, JobRequest
from distilabel._simulated.server.batch_jobs.openai import OpenAIBatchEndpoint
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from simulated_client import serving


def execute(body: Mapping[str, Any], fails: bool) -> tuple[int, Mapping[str, object]]:
    return 200, {"answer": body["question"]}


def endpoint_at(kind: type[BatchEndpoint], times: Iterator[float]) -> BatchEndpoint:
    """An endpoint with one job of a second, whose clock shows the given times and no more."""
    endpoint = kind(lambda path: execute, BatchSettings, lambda: next(times))
    settings = BatchSettings(seconds=1.0)
    endpoint._jobs["job"] = Job([JobRequest("a", {"question": "b"})], settings, execute, 0.0)
    return endpoint


async def look(endpoint: BatchEndpoint, path: str = "{id}") -> Any:
    handler = next(
        h for m, p, h in endpoint.routes() if m == "GET" and p == f"{endpoint.path}/{path}"
    )
    return await handler(make_mocked_request("GET", "/", match_info={"id": "job"}))


async def test_status_and_files_of_openai_belong_to_one_moment() -> None:
    # The job ends between the two looks. A second reading within the first would see its end.
    endpoint = endpoint_at(OpenAIBatchEndpoint, iter([0.99, 1.01]))
    before, after = await look(endpoint), await look(endpoint)
    assert (before["status"], before["output_file_id"]) == ("finalizing", None)
    assert after["status"] == "completed"
    assert after["output_file_id"] is not None
    assert after["request_counts"]["completed"] == 1


async def test_status_and_results_of_anthropic_belong_to_one_moment() -> None:
    endpoint = endpoint_at(AnthropicBatchEndpoint, iter([0.99, 1.01, 1.02]))
    before, after = await look(endpoint), await look(endpoint)
    assert (before["processing_status"], before["results_url"]) == ("in_progress", None)
    assert before["request_counts"]["processing"] == 1
    assert after["processing_status"] == "ended"
    assert after["request_counts"]["succeeded"] == 1
    result = {"type": "succeeded", "message": {"answer": "b"}}
    assert json.loads(await look(endpoint, "{id}/results")) == {"custom_id": "a", "result": result}


@pytest.mark.parametrize(
    ("path", "after"), [("/v1/batches", "after"), ("/v1/messages/batches", "after_id")]
)
async def test_jobs_are_listed_page_by_page_latest_first(path: str, after: str) -> None:
    params = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}
    file = json.dumps({"custom_id": "a", "method": "POST", "url": "/v1/messages", "body": params})
    async with serving() as client:
        body: Any = {"requests": [{"custom_id": "a", "params": params}]}
        if after == "after":
            form = {"purpose": "batch"}
            _, text, _ = await client.send("POST", "/v1/files", data=multipart(form, file))
            body = {
                "input_file_id": json.loads(text)["id"],
                "endpoint": "/v1/messages",
                "completion_window": "24h",
            }
        made = [(await client.post(path, body))[1]["id"] for _ in range(3)]
        _, page = await client.get(f"{path}?limit=2")
        assert [job["id"] for job in page["data"]] == [made[2], made[1]]
        assert page["has_more"]
        _, rest = await client.get(f"{path}?limit=2&{after}={page['last_id']}")
        assert ([job["id"] for job in rest["data"]], rest["has_more"]) == ([made[0]], False)
        status, _ = await client.get(f"{path}?limit=many")
        assert status == 400


def multipart(fields: Mapping[str, str], file: str) -> Any:
    form = aiohttp.FormData(fields)
    form.add_field("file", file.encode(), filename="a.jsonl")
    return form


@pytest.mark.parametrize("path", ["/v1/batches/none", "/v1/messages/batches/none"])
async def test_an_unknown_job_is_not_found(path: str) -> None:
    async with serving() as client:
        status, reply = await client.get(path)
        assert status == 404
        assert "none" in reply["error"]["message"]
