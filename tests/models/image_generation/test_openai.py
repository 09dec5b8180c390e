"""Protects `OpenAIImageGeneration`, over real HTTP: its requests, replies, retries."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from aiohttp import web

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.client import retry
from distilabel.models.http import transport
from distilabel.models.image_generation import OpenAIImageGeneration
from serving import reply, served

KEY = "sk-very-secret-key"
IMAGE = base64.b64encode(b"image").decode()


def loaded(url: str, **fields: Any) -> OpenAIImageGeneration:
    model = OpenAIImageGeneration(model="m", base_url=f"{url}/v1/", api_key=KEY, **fields)
    model.load()
    return model


def test_defaults_are_not_sent_and_images_of_one_request_stay_together() -> None:
    with served({"data": [{"b64_json": IMAGE}, {"b64_json": IMAGE}]}) as server:
        assert loaded(server.url).generate(["a cat"], 2) == [[{"images": [IMAGE, IMAGE]}]]
    assert server.seen == [("/v1/images/generations", {"model": "m", "prompt": "a cat", "n": 2})]
    assert server.headers["Authorization"] == f"Bearer {KEY}"


def test_arguments_are_sent() -> None:
    given: dict[str, Any] = {
        "quality": "hd",
        "response_format": "b64_json",
        "size": "256x256",
        "style": "vivid",
    }
    with served({"data": [{"b64_json": IMAGE}]}) as server:
        loaded(server.url, generation_kwargs=given).generate(["a"], **given)
    assert server.bodies[0].items() >= given.items()


def test_a_url_is_downloaded_without_the_key(web: Any) -> None:
    web.pages["/cat.png"] = b"image"
    with served({"data": [{"url": f"{web.url}/cat.png"}]}) as server:
        assert loaded(server.url).generate(["a"]) == [[{"images": [IMAGE]}]]
    assert web.keys == [None]
    gone = {"data": [{"url": f"{web.url}/gone.png?sig=abcdefgh"}]}
    with served(gone) as server, pytest.raises(AnswerError, match="not be downloaded") as caught:
        loaded(server.url).generate(["a"])
    assert "abcdefgh" not in str(caught.value)


def test_a_failed_download_is_tried_again_without_paying_again(
    monkeypatch: pytest.MonkeyPatch, web: Any
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
    web.pages["/cat.png"] = b"image"
    statuses = iter([503, 429, None])
    send = transport.send

    async def unsteady(method: str, url: str, **options: Any) -> transport.Reply:
        if method == "GET" and url.endswith(".png") and (status := next(statuses)):
            return transport.Reply(status, {}, b"")
        return await send(method, url, **options)

    monkeypatch.setattr(transport, "send", unsteady)
    with served({"data": [{"url": f"{web.url}/cat.png"}]}) as server:
        assert loaded(server.url).generate(["a"]) == [[{"images": [IMAGE]}]]
    assert len(server.bodies) == 1

    statuses = iter([503] * 100)
    said = r"not be downloaded \(status 503\)"
    found = {"data": [{"url": f"{web.url}/cat.png"}]}
    with served(found) as server, pytest.raises(AnswerError, match=said):
        loaded(server.url).generate(["a"])
    assert len(server.bodies) == 1


def test_a_failure_is_retried_and_a_wrong_key_is_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
    with served(reply({"error": "busy"}, 503), {"data": [{"b64_json": IMAGE}]}) as server:
        assert loaded(server.url).generate(["a"]) == [[{"images": [IMAGE]}]]
    assert len(server.bodies) == 2

    async def repeats_the_key(request: web.Request) -> web.Response:
        return reply({"error": {"message": f"wrong key {KEY}"}}, 401)

    with served(repeats_the_key) as server, pytest.raises(EndpointError) as caught:
        loaded(server.url).generate(["a"])
    assert len(server.bodies) == 1
    assert KEY not in str(caught.value) + caplog.text
