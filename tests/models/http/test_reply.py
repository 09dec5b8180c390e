"""Protects how headers of a reply are looked up."""

from __future__ import annotations

import pytest

from distilabel.models.http.reply import ReplyHeaders


def test_headers_are_found_without_regard_to_case() -> None:
    headers = ReplyHeaders({b"retry-after": b"3", b"x-name": "ä".encode(), b"x-bad": b"\xff"})
    assert headers["Retry-After"] == headers.get("retry-after") == "3"
    assert "RETRY-AFTER" in headers
    assert "x-other" not in headers
    assert headers["x-name"] == "ä"
    assert headers["x-bad"] == "\N{REPLACEMENT CHARACTER}"
    assert dict(headers) == {"retry-after": "3", "x-name": "ä", "x-bad": "\ufffd"}
    with pytest.raises(KeyError, match="X-Other"):
        headers["X-Other"]
