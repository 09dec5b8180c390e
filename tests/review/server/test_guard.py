"""Requests of other web sites, other names of this machine, and without a token are refused."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from distilabel.review.review import Review
from distilabel.review.server.app import make_app
from reviewing import in_memory, preference_rows

Client = TestClient[Any, Any]
GOOD = {"X-Review-Token": "token", "Host": "127.0.0.1:80"}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    review = Review([in_memory(preference_rows(3))], tmp_path / "review.sqlite")
    app = make_app(review, {"token": ""}, frozenset({"lab.example"}))
    async with TestClient(TestServer(app)) as client:
        yield client
    review.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1234"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "LAB.example"}, 200),
        ({"Origin": "http://127.0.0.1:80"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "localhost.evil.example:80"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1:80"}, 403),
        ({"X-Review-Token": "wrong"}, 401),
        ({"X-Review-Token": ""}, 401),
        ({"X-Annotator": "x" * 61}, 400),
        ({"X-Annotator": "%0Aodd"}, 400),
    ],
)
async def test_who_may_ask(client: Client, headers: dict[str, str], status: int) -> None:
    response = await client.get("/api/overview", headers={**GOOD, **headers})
    assert response.status == status
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/%2e%2e/review.py",
        "/static//etc/passwd",
        "/static/vendor/../../start.py",
        "/static/..%2f..%2fstart.py",
        "/row/../../etc/passwd",
        "/review.sqlite",
        "/static/vendor/README.md",
    ],
)
async def test_no_path_leads_to_a_file(client: Client, path: str) -> None:
    from yarl import URL

    response = await client.get(URL(path, encoded=True), headers=GOOD)
    assert response.status == 404


async def test_pages_and_files_are_there_without_a_token(client: Client) -> None:
    for path, kind in [
        ("/", "text/html"),
        ("/review", "text/html"),
        ("/row/" + "a" * 24, "text/html"),
        ("/static/app.js", "text/javascript"),
        ("/static/vendor/preact.js", "text/javascript"),
        ("/static/pages/review.js", "text/javascript"),
    ]:
        response = await client.get(path, headers={"Host": "localhost"})
        assert (response.status, response.content_type) == (200, kind)
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_json_is_taken(client: Client) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {**GOOD, "Content-Type": content_type}
        response = await client.post("/api/answers", data=b"{}", headers=headers)
        assert response.status == 415
    headers = {**GOOD, "Content-Type": "application/json"}
    response = await client.post("/api/answers", data=b"[1]", headers=headers)
    assert response.status == 400
    large = io.BytesIO(b" " * (9 * 2**20))
    response = await client.post("/api/answers", data=large, headers=headers)
    assert response.status == 413


async def test_pages_hold_no_script_or_style_of_their_own(client: Client) -> None:
    # The policy would stop them.
    text = await (await client.get("/", headers=GOOD)).text()
    assert "<style" not in text
    assert "onload" not in text
    assert text.count("<script") == text.count('src="/static/')
