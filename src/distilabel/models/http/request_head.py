"""Builds the head of a usual request, once per endpoint; other requests are left to aiohttp."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from distilabel import __version__
from distilabel.models.http.content_coding import ACCEPTED

# A URL in which nothing has to be quoted, encoded or resolved.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:(?P<user>[\w.~!$&'()*+,;=:%-]*)@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<path>(?:/(?!\.)(?:[\w.~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)*)"
    r"(?P<query>\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?",
    re.ASCII | re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}
_MOST_PORT: Final = 65535
_LINE_END: Final = re.compile(r"[\r\n\0]")
# Headers that change how a request is sent or its reply is read.
_UNUSUAL: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "transfer-encoding", "upgrade"}
)
_DEFAULTS: Final = {
    "Accept": "*/*",
    "Accept-Encoding": ACCEPTED,
    "User-Agent": f"distilabel/{__version__}",
}


class Origin(NamedTuple):
    """Where connections lead.

    Attributes:
        host: Name or address, without brackets.
        port: Port.
        is_secure: Whether they use TLS.
    """

    host: str
    port: int
    is_secure: bool


class RequestHead(NamedTuple):
    """The head of a request, up to the length of its body.

    Attributes:
        origin: Where it is sent.
        text: Its lines.
        headers: Headers that it was built from.
    """

    origin: Origin
    text: bytes
    headers: dict[str, str]

    def with_body(self, body: bytes | None) -> bytes:
        """Returns the whole request.

        Args:
            body: Body; None for a request without one.
        """
        if body is None:
            return self.text + b"\r\n"
        return b"%bContent-Length: %d\r\n\r\n%b" % (self.text, len(body), body)


def build_head(method: str, url: str, headers: Mapping[str, str]) -> RequestHead | None:
    """Returns the head of a request; None if it is not a usual one.

    Args:
        method: `"GET"` or `"POST"`.
        url: URL to send it to.
        headers: Headers, sent as they are.
    """
    match = _URL.fullmatch(url.partition("#")[0])
    if match is None:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"] or _PORTS[scheme])
    names = {name.lower() for name in headers}
    if not 0 < port <= _MOST_PORT or names & _UNUSUAL:
        return None
    if any(_LINE_END.search(text) for item in headers.items() for text in item):
        return None
    host = match["host"].lower()
    lines = [f"{method} {match['path'] or '/'}{match['query'] or ''} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}" if port == _PORTS[scheme] else f"Host: {host}:{port}")
    lines += [f"{name}: {value}" for name, value in _DEFAULTS.items() if name.lower() not in names]
    if match["user"] is not None and "authorization" not in names:
        # A key in the headers takes precedence over a password.
        user, _, password = match["user"].partition(":")
        token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        lines.append(f"Authorization: Basic {token}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    origin = Origin(host.strip("[]"), port, scheme == "https")
    return RequestHead(origin, "\r\n".join([*lines, ""]).encode(), dict(headers))
