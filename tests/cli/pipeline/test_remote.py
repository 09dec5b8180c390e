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


_WEB = "https://a.org/page"
_HERE = "http://127.0.0.1:8000/page"


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        (_WEB, "https://b.org/x", True),
        (_HERE, "https://b.org/x", True),
        (_HERE, "http://127.0.0.1/y", True),
        (_HERE, "http://localhost/y", True),
        (_WEB, "http://a.org/x", False),
        (_WEB, "file:///etc/hostname", False),
        (_WEB, "ftp://a.org/x", False),
        (_WEB, "http://127.0.0.1:8080/admin", False),
        (_WEB, "https://localhost/admin", False),
        (_WEB, "https://[::ffff:127.0.0.1]/", False),
        (_WEB, "https://0.0.0.0/", False),
        (_WEB, "https://2130706433/", False),
        (_WEB, "https://192.168.1.1/", False),
        (_WEB, "https://[fd00::1]/", False),
        (_WEB, "http://169.254.169.254/latest/meta-data", False),
        ("", "http://127.0.0.1:8080/admin", False),
    ],
)
def test_a_redirect_leads_only_to_safe_pages_on_the_web(before: str, after: str, may: bool) -> None:
    with contextlib.nullcontext() if may else pytest.raises(URLError):
        remote._may_go_on(after, before)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.0.3:8000",
        "user:pw@127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0.0.0.0:80",
        "localhost",
        "LOCALHOST.:11434",
        "[::1]:8000",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127\u30020\u30020\u30021",
    ],
)
def test_this_machine_is_told_by_its_address(host: str) -> None:
    assert remote.is_here(f"http://{host}/v1")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.example/v1",
        "http://127.evil.example/p.yaml",
        "http://127.0.0.1@evil.example/",
        "http://localhost.evil.example/",
        "http://evil-localhost/",
        "http://evil.example/127.0.0.1",
        "http://evil.example#127.0.0.1",
        "http://[::2]/",
        "http://[::ffff:8.8.8.8]/",
        "http://128.0.0.1/",
        "http://2130706432.example/",
        "http://10.0.0.1/",
        "http://[127.0.0.1/",
        "http:///x",
        "127.0.0.1",
        "",
    ],
)
def test_other_machines_are_not_this_one(url: str) -> None:
    assert not remote.is_here(url)


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
