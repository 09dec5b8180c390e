"""Protects downloads: limits hold, and the token goes to the Hub only."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.error import URLError
from urllib.request import Request

import pytest

from distilabel.cli.pipeline import remote
from distilabel.cli.pipeline.utils import get_config_from_url
from distilabel.errors import DistilabelUserError
from web import Web


def test_a_url_that_cannot_be_used_is_an_error(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pages["/large.json"] = b"x" * 101
    web.pages["/binary.yaml"] = b"\xff\xfe\xff"
    web.pages["/away.json"] = "file:///etc/hostname"
    monkeypatch.setattr(remote, "MAX_BYTES", 100)
    for path, told in [
        ("/nothing.json", "404"),
        ("/large.json", "larger"),
        ("/binary.yaml", "UTF-8"),
        ("/away.json", "/away.json"),
        ("/page.html", ".yaml"),
    ]:
        with pytest.raises(DistilabelUserError, match=told):
            get_config_from_url(web.url + path)
    with pytest.raises(DistilabelUserError, match="cannot be read"):
        get_config_from_url("http://127.0.0.1:9/x.json")


def test_the_token_is_sent_to_the_hub_only(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    web.pages["/a.json"] = f"{web.url}/b.json"
    web.pages["/b.json"] = b"{}"
    assert get_config_from_url(f"{web.url}/a.json") == {}
    assert web.keys == [None, None]
    for url, shown in [
        ("https://huggingface.co/x.json", True),
        ("https://cdn.huggingface.co/x.json", False),
        ("http://huggingface.co/x.json", False),
        ("https://huggingface.co.evil.org/x.json", False),
        ("https://evilhuggingface.co/x.json", False),
        ("https://evil.org/huggingface.co/x.json", False),
    ]:
        request = remote._with_token(Request(url))
        assert (request.get_header("Authorization") is not None) is shown
        # What follows a redirect starts without it.
        assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("after", "may"),
    [
        ("https://b.org/x", True),
        ("http://127.0.0.1/y", True),
        ("http://a.org/x", False),
        ("file:///etc/hostname", False),
        ("ftp://a.org/x", False),
    ],
)
def test_a_redirect_to_an_insecure_url_is_refused(after: str, may: bool) -> None:
    with contextlib.nullcontext() if may else pytest.raises(URLError):
        remote._check_redirect(after)


def test_the_url_of_a_page_about_a_file_becomes_that_of_the_file() -> None:
    page = "https://huggingface.co/datasets/a/b/blob/main/pipeline.yaml"
    assert remote._raw_file_url(page) == page.replace("/blob/", "/resolve/")
    assert remote._raw_file_url("https://x.org/blob/a.yaml") == "https://x.org/blob/a.yaml"


def test_a_server_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "_TIMEOUT_SECONDS", 0.1)
    given_up = threading.Event()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.json"

        def hold() -> None:
            connection, _ = silent.accept()
            given_up.wait(5)
            connection.close()

        holding = threading.Thread(target=hold)
        holding.start()
        with pytest.raises(DistilabelUserError, match="timed out"):
            remote.fetch(url)
        given_up.set()
        holding.join()
