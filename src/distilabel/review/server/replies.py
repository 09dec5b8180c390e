"""Bodies of requests and replies, and errors as replies that the page can act on."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer_log import EditConflictError
from distilabel.review.review import Review
from distilabel.review.reviewed_table import ReviewedTable
from distilabel.review.server.guard import ANNOTATOR, IS_OWNER

# Whether runs can be watched.
HAS_LIVE: web.AppKey[bool] = web.AppKey("has_live", bool)
REVIEW: web.AppKey[Review] = web.AppKey("review", Review)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def reply(value: Any, status: int = 200) -> web.Response:
    """Returns JSON; NaN becomes null."""
    body = orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(body=body, status=status, content_type="application/json")


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return str(value)


def errors_as_replies(handler: Handler) -> Handler:
    """Decorates a handler: what the user can do something about becomes a reply with a message."""

    @functools.wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except EditConflictError as error:
            table = request.app[REVIEW].table(request.query.get("source", ""))
            current = table.edited(error.current)
            return reply({"error": error.message, "current": current}, 409)
        except DistilabelUserError as error:
            return reply({"error": error.message}, 400)
        except (sqlite3.Error, OSError) as error:
            # The page keeps what it could not store and sends it again.
            text = f"Answers cannot be stored now: {error}. They wait in this browser."
            return reply({"error": text, "again": True}, 503)

    return handle


async def body_of(request: web.Request) -> dict[str, Any]:
    """Returns the JSON object of a request.

    Raises:
        DistilabelUserError: The body is not a JSON object.
    """
    try:
        value = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise DistilabelUserError("The body of the request must be a JSON object.")
    return value


def table_of(request: web.Request) -> ReviewedTable:
    """Returns the table that a request names, or the first one.

    Raises:
        DistilabelUserError: There is no such table.
    """
    return request.app[REVIEW].table(request.query.get("source", ""))


def person_of(request: web.Request) -> str:
    """Returns the name of the person who asks.

    Raises:
        DistilabelUserError: They have not said their name.
    """
    name = request[ANNOTATOR].strip()
    if not name:
        raise DistilabelUserError("Say your name first: answers are kept apart by person.")
    return name


def only_of(request: web.Request) -> str:
    """Returns the name of the person whose answers alone the request may see; empty for all."""
    return "" if request[IS_OWNER] else request[ANNOTATOR]


def number_in(request: web.Request, name: str, default: int, most: int) -> int:
    """Returns a whole number of the query, at least 0 and at most `most`.

    Raises:
        DistilabelUserError: It is not a number.
    """
    text = request.query.get(name, "") or str(default)
    if not text.isdigit() or len(text) > 12:
        raise DistilabelUserError(f"{name} must be a whole number, not {text[:20]!r}.")
    return min(int(text), most)
