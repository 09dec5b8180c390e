"""Protects `InferenceEndpointsImageGeneration`, over real HTTP: its requests, files of any kind."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from distilabel.errors import AnswerError
from distilabel.models.base_clients import inference_endpoints
from distilabel.models.image_generation import InferenceEndpointsImageGeneration
from serving import served


def file(kind: str) -> web.Response:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(buffer, format=kind)
    return web.Response(body=buffer.getvalue(), content_type=f"image/{kind.lower()}")


def loaded(**fields: Any) -> InferenceEndpointsImageGeneration:
    model = InferenceEndpointsImageGeneration(api_key="k", **fields)
    model.load()
    return model


def test_each_image_is_a_request_and_becomes_a_jpeg() -> None:
    given = {"height": 64.0, "guidance_scale": 1.5}
    with served(file("PNG"), file("JPEG")) as server:
        ((found,),) = loaded(base_url=server.url, generation_kwargs=given).generate(
            ["a cat"], 2, **given
        )
    assert len(found["images"]) == 2
    assert all(base64.b64decode(text).startswith(b"\xff\xd8") for text in found["images"])
    body = {"inputs": "a cat", "parameters": {"height": 64, "guidance_scale": 1.5}}
    assert server.bodies == [body, body]
    assert server.headers["Authorization"] == "Bearer k"


def test_a_model_on_the_hub_is_asked_at_the_router(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(file("JPEG")) as server:
        monkeypatch.setattr(inference_endpoints, "HF_ROUTER", f"{server.url}/v1")
        loaded(model_id="owner/name").generate(["a"])
    assert server.paths == ["/hf-inference/models/owner/name"]


def test_a_reply_that_is_no_image_is_an_error() -> None:
    with served({"estimated_time": 20}) as server, pytest.raises(AnswerError, match="not an image"):
        loaded(base_url=server.url).generate(["a"])
