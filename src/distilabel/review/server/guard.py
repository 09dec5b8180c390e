"""Refuses requests that do not come from the review pages, and sends headers that confine them.

Other web sites cannot send the token; a name that was rebound to this machine is not among the
hosts; no request contains a path.
"""

from __future__ import annotations

import getpass
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import unquote

from aiohttp import web

LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Longest body of a request: a text of a million characters and what is around it.
MOST_BYTES: Final = 8 * 2**20
ANNOTATOR: Final = web.RequestKey("annotator", str)
# Whether the request has the token of the owner, who sees the answers of all.
IS_OWNER: Final = web.RequestKey("is_owner", bool)
# What only the owner may do.
_OWNERS: Final = ("/api/agree", "/api/export", "/api/setup", "/api/stale", "/api/all", "/api/live")
_TOKEN_HEADER: Final = "X-Review-Token"
_NAME_HEADER: Final = "X-Annotator"
_LONGEST_NAME: Final = 60
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Checks requests.

    Args:
        tokens: Token → person; an empty name is a token whose owner names themselves.
        hosts: Names of hosts under which the pages are reached, beside the local ones.
    """

    def __init__(self, tokens: Mapping[str, str], hosts: frozenset[str] = frozenset()) -> None:
        self._tokens = dict(tokens)
        self._owner = _user_name()
        self._hosts = LOCAL_HOSTS | {host.lower() for host in hosts}

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses a request, or passes it on and adds headers to the response."""
        response = self._refusal(request)
        if response is None:
            try:
                return await handler(request)
            except web.HTTPException as error:
                response = web.json_response({"error": error.reason}, status=error.status)
        return response

    @staticmethod
    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        """Adds the headers that confine a page; a signal of the application."""
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)

    def _refusal(self, request: web.Request) -> web.Response | None:
        host = request.headers.get("Host", "")
        if _hostname(host) not in self._hosts:
            return _refuse(403, "This host is not allowed. Start the review with --allow-host.")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{host}":
            return _refuse(403, "This origin is not allowed.")
        if not request.path.startswith("/api/"):
            return None
        person = self._person(request.headers.get(_TOKEN_HEADER, ""))
        if person is None:
            return _refuse(401, "The token is missing or wrong. Open the address of the terminal.")
        if request.method == "POST" and request.content_type != "application/json":
            return _refuse(415, "Send JSON.")
        # The owner is the user of this computer, unless they say another name.
        name = person or unquote(request.headers.get(_NAME_HEADER, "")) or self._owner
        if len(name) > _LONGEST_NAME or not name.isprintable():
            return _refuse(400, f"A name has at most {_LONGEST_NAME} characters.")
        if person and request.path.startswith(_OWNERS):
            return _refuse(403, "Only the owner of the review may see this.")
        request[ANNOTATOR], request[IS_OWNER] = name, not person
        return None

    def _person(self, token: str) -> str | None:
        found = None
        # All are compared, so that the time tells nothing.
        for known, person in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = person
        return found


def _user_name() -> str:
    """Returns the name of this computer's user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without users
        return "me"


def _hostname(host: str) -> str:
    """Returns a `Host` header without the port."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
