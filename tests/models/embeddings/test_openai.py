"""Protects `OpenAIEmbeddings`, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import OpenAIEmbeddings
from distilabel.models.client import retry
from serving import reply, served


def vectors(*values: float) -> dict[str, Any]:
    data = [{"index": i, "embedding": [value]} for i, value in enumerate(values)]
    return {"data": data[::-1]}


async def lengths(request: web.Request) -> web.Response:
    """Answers each text with its length."""
    return reply(vectors(*(len(text) for text in (await request.json())["input"])))


def loaded(url: str, **fields: Any) -> OpenAIEmbeddings:
    embeddings = OpenAIEmbeddings(model="m", base_url=f"{url}/v1/", api_key="k", **fields)
    embeddings.load()
    return embeddings


def test_texts_are_sent_in_batches_and_vectors_keep_their_order() -> None:
    texts = ["a" * n for n in range(1, 8)]
    with served(lengths) as server:
        found = loaded(server.url, batch_size=3, dimensions=1).encode(texts)
    assert found == [[len(text)] for text in texts]
    assert {path for path, _ in server.seen} == {"/v1/embeddings"}
    assert sorted(len(body["input"]) for body in server.bodies) == [1, 3, 3]
    assert server.bodies[0]["dimensions"] == 1
    assert server.headers["Authorization"] == "Bearer k"


def test_a_failure_is_retried_and_a_wrong_key_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
    with served(reply({"error": "busy"}, 503), vectors(1.0)) as server:
        assert loaded(server.url).encode(["a"]) == [[1.0]]
    with served(reply({"error": "no"}, 401)) as server, pytest.raises(EndpointError):
        loaded(server.url).encode(["a"])
    assert len(server.seen) == 1


def test_fewer_vectors_than_texts_are_an_error() -> None:
    with served(vectors(1.0)) as server, pytest.raises(AnswerError):
        loaded(server.url, max_retries=0).encode(["a", "b"])


def test_it_has_to_be_loaded() -> None:
    with pytest.raises(DistilabelUserError, match="not loaded"):
        OpenAIEmbeddings(model="m", api_key="k").encode(["a"])
