"""Protects batch jobs of OpenAI: what is written down, and when a job has ended."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import jobs
from distilabel.models import GroqLLM
from distilabel.models.batch_jobs.apis.openai import FILES_SECONDS, OpenAIBatchAPI
from distilabel.models.wire import chat_completions
from jobs import Endpoint, writing


def test_a_job_says_what_it_belongs_to_and_no_key_is_written(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    writing(endpoint.url, tmp_path, block=None).run()
    (job,) = endpoint.get("/v1/batches")["data"]
    assert job["metadata"]["description"] == "distilabel"
    assert job["metadata"]["distilabel_pipeline_name"] == "writing"
    name = endpoint.get(f"/v1/files/{job['input_file_id']}")["filename"]
    assert name.startswith("distilabel-pipeline-writing-fileno-")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if jobs.KEY.encode() in path.read_bytes()] == []
    dumped = next(tmp_path.rglob("pipeline.yaml")).read_text()
    assert "use_offline_batch_generation: true" in dumped
    assert json.dumps(job) not in dumped


def _groq(url: str, **fields: Any) -> GroqLLM:
    more: Any = {"use_offline_batch_generation": True, **fields}
    more["offline_batch_generation_block_until_done"] = 0
    return GroqLLM(model="m", base_url=url, api_key=jobs.KEY, **more)


@pytest.mark.parametrize(
    ("of", "path", "sent"),
    [
        (partial(jobs.model, api="responses"), "responses", {"max_output_tokens": 9}),
        (_groq, "chat/completions", {"max_tokens": 9, "seed": 7}),
    ],
    ids=["responses", "Groq"],
)
def test_other_models_of_this_protocol_have_batch_jobs(
    endpoint: Endpoint, tmp_path: Path, of: Any, path: str, sent: dict[str, Any]
) -> None:
    arguments = {"max_new_tokens": 9} | ({"seed": 7} if "seed" in sent else {})
    distiset = writing(endpoint.url, tmp_path, 4, of=of, generation_kwargs=arguments).run()
    assert len(jobs.made(distiset)) == 4
    (job,) = endpoint.get("/v1/batches")["data"]
    assert job["endpoint"] == f"/v1/{path}"
    # Jobs, requests in them, and requests beside them.
    assert endpoint.counts == (1, 4, 0)
    request = of(endpoint.url)._request("Hi", 1, arguments)
    assert request.path == path
    assert json.loads(request.body).items() >= sent.items()


@pytest.mark.parametrize(
    ("status", "completed", "files", "ended"),
    [
        ("in_progress", None, {}, False),
        # Its files are named a moment later.
        ("completed", 0.0, {}, False),
        ("completed", 0.0, {"output_file_id": "file-1"}, True),
        ("completed", 0.0, {"error_file_id": "file-2"}, True),
        # They never came.
        ("completed", FILES_SECONDS + 60, {}, True),
        ("expired", None, {}, True),
    ],
)
@pytest.mark.usefixtures("client")
async def test_a_completed_job_has_ended_once_its_files_are_there(
    endpoint: Endpoint, status: str, completed: float | None, files: dict[str, str], ended: bool
) -> None:
    at = None if completed is None else time.time() - completed
    data = {"status": status, "completed_at": at, **files}
    endpoint.before["GET /v1/batches"] = lambda: web.json_response(data)
    api = OpenAIBatchAPI(endpoint.url, {}, chat_completions.parse_response)
    found = await api.retrieve("batch_1")
    assert (found.status, found.ended) == (status, ended)
    assert found.results == tuple(files.values())
