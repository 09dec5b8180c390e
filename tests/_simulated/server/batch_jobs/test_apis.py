"""Protects the batch jobs of the simulated endpoint: their shapes, their states and their ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings


class Client:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def send(self, method: str, path: str, **what: Any) -> Any:
        async with self._session.request(method, self._url + path, **what) as reply:
            return reply.status, await reply.text()

    async def data(self, method: str, path: str, **what: Any) -> Any:
        status, text = await self.send(method, path, **what)
        assert status == 200, text
        return json.loads(text)

    async def lines(self, path: str) -> list[Any]:
        _, text = await self.send("GET", path)
        return [json.loads(line) for line in text.splitlines()]

    async def submitted(self, lines: list[Any], **more: Any) -> Any:
        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        text = "\n".join(json.dumps(line) for line in lines)
        form.add_field("file", text.encode(), filename="a.jsonl")
        file = await self.data("POST", "/v1/files", data=form)
        body = {
            "input_file_id": file["id"],
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            **more,
        }
        return await self.data("POST", "/v1/batches", json=body)

    async def batch(self, job: Any) -> Any:
        return await self.data("GET", f"/v1/batches/{job['id']}")


def line(name: str, **more: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": name}]}
    url = "/v1/chat/completions"
    return {"custom_id": name, "method": "POST", "url": url, "body": body, **more}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_job_brings_its_answers_in_two_files(session: aiohttp.ClientSession) -> None:
    async with running(Settings(batches=BatchSettings(failing=0.5))) as url:
        client = Client(url, session)
        job = await client.submitted([line("a"), line("b")], metadata={"k": "v"})
        assert (job["object"], job["metadata"]) == ("batch", {"k": "v"})
        done = await client.batch(job)
        assert done["status"] == "completed"
        assert done["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
        (good,) = await client.lines(f"/v1/files/{done['output_file_id']}/content")
        (bad,) = await client.lines(f"/v1/files/{done['error_file_id']}/content")
        assert (good["custom_id"], good["response"]["status_code"]) == ("a", 200)
        assert good["response"]["body"]["choices"][0]["message"]["content"]
        assert (bad["custom_id"], bad["response"]["status_code"]) == ("b", 500)
        # Looked at twice, it is answered once.
        await client.batch(job)
        stats = await client.data("GET", "/stats")
        assert (stats["jobs"], stats["answered"], stats["repeats"]) == (1, 1, 0)


async def test_a_job_is_at_work_until_it_is_cancelled(session: aiohttp.ClientSession) -> None:
    async with running(Settings(batches=BatchSettings(seconds=3600))) as url:
        client = Client(url, session)
        job = await client.submitted([line("a")])
        assert (await client.batch(job))["status"] == "validating"
        await client.data("POST", f"/v1/batches/{job['id']}/cancel")
        done = await client.batch(job)
        assert (done["status"], done["output_file_id"]) == ("cancelled", None)
        (left,) = await client.lines(f"/v1/files/{done['error_file_id']}/content")
        assert left["response"] is None
        assert left["error"]["code"] == "batch_cancelled"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([line("a"), line("a")], "its own"),
        ([line("a", url="/v1/completions")], "another endpoint"),
        ([line("a", body=None), {"no": "request"}], "no request"),
    ],
)
async def test_a_file_that_is_not_right_fails_the_job(
    session: aiohttp.ClientSession, lines: list[Any], words: str
) -> None:
    async with running(Settings()) as url:
        client = Client(url, session)
        done = await client.batch(await client.submitted(lines))
        assert done["status"] == "failed"
        assert words in done["errors"]["data"][0]["message"]


async def test_jobs_are_listed_page_by_page_the_latest_first(
    session: aiohttp.ClientSession,
) -> None:
    async with running(Settings()) as url:
        client = Client(url, session)
        made = [(await client.submitted([line("a")]))["id"] for _ in range(3)]
        page = await client.data("GET", "/v1/batches?limit=2")
        assert [job["id"] for job in page["data"]] == [made[2], made[1]]
        assert page["has_more"]
        rest = await client.data("GET", f"/v1/batches?limit=2&after={page['last_id']}")
        assert ([job["id"] for job in rest["data"]], rest["has_more"]) == ([made[0]], False)


async def test_message_batches_speak_anthropic(session: aiohttp.ClientSession) -> None:
    batching = BatchSettings(end="expired", done=0.5)
    async with running(Settings(batches=batching)) as url:
        client = Client(url, session)
        params = {
            "model": "m",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "a"}],
        }
        requests = [{"custom_id": name, "params": params} for name in ("a", "b")]
        path = "/v1/messages/batches"
        job = await client.data("POST", path, json={"requests": requests})
        assert (job["type"], job["processing_status"]) == ("message_batch", "ended")
        assert job["request_counts"]["succeeded"] == job["request_counts"]["expired"] == 1
        first, second = await client.lines(f"{path}/{job['id']}/results")
        assert first["result"]["message"]["content"][0]["type"] == "text"
        assert second == {"custom_id": "b", "result": {"type": "expired"}}
        status, text = await client.send("POST", path, json={"requests": requests[:1] * 2})
        assert (status, json.loads(text)["type"]) == (400, "error")
