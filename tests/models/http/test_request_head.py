"""Protects the bytes of a request's head, and which requests are left to aiohttp."""

from __future__ import annotations

import base64

import pytest

from distilabel.models.http.request_head import build_head


def lines(url: str, headers: dict[str, str] | None = None) -> list[str]:
    head = build_head("POST", url, headers or {})
    assert head is not None
    text = head.text.decode()
    assert text.endswith("\r\n")
    return text.split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("url", "first", "host", "origin"),
    [
        ("http://a.com", "/", "a.com", ("a.com", 80, False)),
        ("https://A.com/v1/x", "/v1/x", "a.com", ("a.com", 443, True)),
        ("https://a.com:443/v1", "/v1", "a.com", ("a.com", 443, True)),
        ("http://a.com:443/v1/", "/v1/", "a.com:443", ("a.com", 443, False)),
        ("http://a.com?b=c#d", "/?b=c", "a.com", ("a.com", 80, False)),
        ("HTTP://a/v1/%20/m:free?a=b/c&d=%7E", "/v1/%20/m:free?a=b/c&d=%7E", "a", ("a", 80, False)),
        ("http://[::1]:8080/v1", "/v1", "[::1]:8080", ("::1", 8080, False)),
        ("http://user:pw@a.com/v1", "/v1", "a.com", ("a.com", 80, False)),
    ],
)
def test_the_url_says_where_and_what(
    url: str, first: str, host: str, origin: tuple[str, int, bool]
) -> None:
    head = build_head("POST", url, {})
    assert head is not None
    assert head.origin == origin
    assert lines(url)[:2] == [f"POST {first} HTTP/1.1", f"Host: {host}"]


@pytest.mark.parametrize(
    "url",
    [
        "not an address",
        "http://",
        "localhost:8080/v1",
        "ftp://x/y",
        "http://[",
        "http://a.com:99999/",
        "http://a.com:0/",
        "http://ä.com/",
        "http://a.com/ä",
        "http://a.com/a b",
        "http://a.com/%zz",
        "http://a.com/x/../y",
        "http://a.com/x\r\nX-Other: 1",
        "http://a.com/x?a=b c",
        "http://[fe80::1%25eth0]/",
    ],
)
def test_an_unusual_url_is_left_to_aiohttp(url: str) -> None:
    assert build_head("POST", url, {}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept-Encoding", "br"),
        ("content-length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("X-A", "b\r\nX-Other: 1"),
        ("X-A\n", "b"),
        ("X-A", "b\0"),
    ],
)
def test_an_unusual_header_is_left_to_aiohttp(name: str, value: str) -> None:
    assert build_head("POST", "http://a.com/", {name: value}) is None


def test_headers_are_sent_as_they_are_and_replace_the_defaults() -> None:
    text = lines("http://a.com/", {"user-agent": "mine", "X-Key": "ä", "host": "b"})
    assert "user-agent: mine" in text
    assert "X-Key: ä" in text
    assert "host: b" in text
    names = [line.partition(":")[0].lower() for line in text[1:]]
    assert len(names) == len(set(names))
    assert "accept-encoding" in names


def test_the_user_in_a_url_is_sent_unless_there_is_a_key() -> None:
    url = "http://me:p%40ss@a.com/"
    token = base64.b64encode(b"me:p@ss").decode()
    assert f"Authorization: Basic {token}" in lines(url)
    assert [line for line in lines(url, {"authorization": "Bearer k"}) if "uthoriz" in line] == [
        "authorization: Bearer k"
    ]


def test_a_body_is_sent_with_its_length() -> None:
    head = build_head("POST", "http://a.com/", {})
    assert head is not None
    assert head.with_body(b"{}") == head.text + b"Content-Length: 2\r\n\r\n{}"
    assert head.with_body(b"") == head.text + b"Content-Length: 0\r\n\r\n"
    assert head.with_body(None) == head.text + b"\r\n"
