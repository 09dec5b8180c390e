"""Protects the requests to batch APIs: sent again where that helps, and not where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from distilabel.errors import EndpointError
from distilabel.models.batch_jobs.apis import base
from distilabel.models.batch_jobs.apis.base import json_object
from distilabel.models.batch_jobs.apis.openai import OpenAIBatchAPI
from distilabel.models.wire import chat_completions
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "FIRST_WAIT", 0.0)


def api(url: str) -> Any:
    headers = {"Authorization": "Bearer sk-0123456789"}
    return OpenAIBatchAPI(f"{url}/v1", headers, chat_completions.parse_response)


async def test_an_overloaded_endpoint_is_tried_again() -> None:
    async with serving(reply({}, 503), reply({}, 429), reply({"id": "x"})) as server:
        assert await api(server.url)._send("POST", "batches", b"{}") == b'{"id": "x"}'
    assert server.paths == ["/v1/batches"] * 3
    assert server.headers["Authorization"] == "Bearer sk-0123456789"


async def test_a_rejected_request_is_not_sent_again() -> None:
    async with serving(reply({"error": {"message": "no such file"}}, 400)) as server:
        with pytest.raises(EndpointError, match=r"no such file.* Run again to continue") as caught:
            await api(server.url)._send("POST", "batches", b"{}")
    assert (len(server.paths), caught.value.status) == (1, 400)


async def test_tries_come_to_an_end() -> None:
    async with serving(reply({}, 500)) as server:
        with pytest.raises(EndpointError, match="500"):
            await api(server.url)._send("POST", "batches", b"{}")
    assert len(server.paths) == base.TRIES


async def test_what_has_arrived_after_all_is_not_sent_again() -> None:
    calls = []

    async def unless() -> bytes | None:
        calls.append(1)
        return b"found" if len(calls) == 2 else None

    async def lost(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(lost) as server:
        assert await api(server.url)._send("POST", "batches", b"{}", unless=unless) == b"found"
    assert len(server.paths) == 2


def test_what_is_not_a_json_object_is_an_error_that_shows_its_beginning() -> None:
    assert json_object(b'{"a": 1}') == {"a": 1}
    for body in (b"<html>Log in</html>", b"[1]", b""):
        with pytest.raises(EndpointError, match="not a JSON object") as caught:
            json_object(body)
        assert body.decode()[:4] in str(caught.value)
