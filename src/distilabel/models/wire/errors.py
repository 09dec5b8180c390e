"""What a reply that is no answer means, whatever the protocol: an error that says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from distilabel._core.redaction import redact_urls
from distilabel._core.surrogates import replace_surrogates
from distilabel.errors import AnswerError, EndpointError, ModelError

_RETRYABLE: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_OVERLOADED: Final = frozenset({408, 429, 502, 503, 504, 529})
# Nobody who asks there fares better.
_UNKNOWN: Final = frozenset({404, 405, 410})
_UNPAID: Final = frozenset({"insufficient_quota"})
_BAD_KEY: Final = frozenset({"invalid_api_key", "API_KEY_INVALID"})
# Anything that looks like a key is cut out of what servers say: some repeat the key they refuse.
_KEY: Final = re.compile(r"\b(?:sk|hf|gsk|pk|key|api)[-_][A-Za-z0-9_\-*]{6,}|Bearer\s+\S+", re.I)
_PAGE: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.I | re.S)
_SHOWN: Final = 300


def seconds_in(text: str) -> float | None:
    """Seconds of `Retry-After` (a number or a date) or of a duration like `1m2.5s`, `200ms`."""
    text = text.strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    parts = re.findall(r"([\d.]+)(ms|h|m|s)", text)
    if parts:
        unit = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
        return sum(float(number) * unit[name] for number, name in parts)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks to be left alone, from its headers."""
    for name in ("retry-after-ms", "retry-after"):
        if name in headers:
            seconds = seconds_in(headers[name])
            if seconds is not None:
                return seconds / 1000 if name.endswith("ms") else seconds
    for what in ("requests", "tokens"):
        # With a limit told as well, it is known how much comes back sooner than all of it.
        if f"x-ratelimit-limit-{what}" in headers:
            continue
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0":
            return seconds_in(headers.get(f"x-ratelimit-reset-{what}", ""))
    return None


def parsed(body: bytes) -> Any:
    """The data in a reply.

    A text that was cut in the middle of a character, as some servers send it, is no reason to ask
    again: U+FFFD stands there.

    Raises:
        JSONDecodeError: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if b"\\ud" not in body.lower():
            raise
        return replace_surrogates(json.loads(body))


def said(body: bytes) -> str:
    """What a server says in an error, in one line, without anything that looks like a key."""
    text = body.decode("utf-8", "replace")
    data = _json(body)
    if isinstance(data, dict):
        inner = data.get("error", data.get("detail", data.get("message")))
        if isinstance(inner, dict):
            inner = inner.get("message") or inner
        if inner:
            text = inner if isinstance(inner, str) else str(inner)
    if _PAGE.match(text):
        title = _TITLE.search(text)
        words = " ".join((title[1] if title else _UNSEEN.sub(" ", text)).split())
        text = f"a web page, {words[:_SHOWN]!r}"
    text = _KEY.sub("[key]", " ".join(text.split()))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _error_in(body: bytes) -> dict[str, Any]:
    """The error that a server describes, as far as it does."""
    data = _json(body)
    # Some put a list around it.
    data = data[0] if isinstance(data, list) and data else data
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, dict) else {}


def _codes(error: dict[str, Any]) -> set[Any]:
    """What kinds of error a server says it is; never the words, which may repeat a question."""
    details = error.get("details")
    reasons = [d.get("reason") for d in details or () if isinstance(d, dict)]
    codes = [error.get("code"), error.get("type"), *(reasons if isinstance(details, list) else ())]
    return {code for code in codes if isinstance(code, str)}


def shown(body: bytes) -> str:
    """The beginning of what came back, for the record of a failure."""
    return _KEY.sub("[key]", body[:2000].decode("utf-8", "replace"))


def no_answer(
    body: bytes, why: Exception | str, statistics: Mapping[str, Any] | None = None
) -> AnswerError:
    """The error that a reply with status 200 stands for that is not what it has to be.

    Args:
        body: of the reply.
        why: what is wrong with it.
        statistics: what it took; None if it does not say.
    """
    if isinstance(why, str):
        words = why
    elif _PAGE.match(body[:4096].decode("utf-8", "replace")):
        words = f"it is {said(body)}. Is the base_url right?"
    elif isinstance(why, orjson.JSONDecodeError):
        words = f"it is no JSON, or not all of it: {why}" if body else "it is empty"
    elif _error_in(body):
        words = f"it is an error, {said(body)!r}"
    elif isinstance(why, KeyError):
        words = f"it has no {why}"
    else:
        words = f"{type(why).__name__}: {why}"
    return AnswerError(
        f"the reply is no answer: {words}",
        retryable=True,
        raw=shown(body),
        statistics=statistics,
        lost=statistics is None,
    )


def silence(
    reason: str | None,
    body: bytes,
    *,
    refusal: str | None = None,
    thought: bool = False,
    written: int = 0,
    limit: str = "max_new_tokens",
    called: bool = False,
    statistics: Mapping[str, Any] | None = None,
) -> AnswerError:
    """The error that an answer without a text stands for.

    Args:
        reason: why the answer ended, in the words of chat completions.
        body: of the reply.
        refusal: what the model said to refuse.
        thought: whether it has reasoned.
        written: tokens of the answer, as far as they are known.
        limit: the argument that bounds them.
        called: whether the model called a tool.
        statistics: what the reply took.
    """
    if thought and reason == "length":
        all_of_them = f"all {written}" if written else "all its"
        words = f"the model spent {all_of_them} tokens thinking: raise {limit}"
    elif thought:
        words = f"the model thought, but gave no text (finish reason: {reason})"
    else:
        words = f"the model gave no text (finish reason: {reason})"
    if refusal:
        words += f" and refused: {refusal}"
    elif called:
        words += " but called a tool"
    return AnswerError(
        words,
        # Cut off, filtered, refused, a tool called: the same would happen again.
        retryable=reason in (None, "stop") and not refusal and not called,
        raw=shown(body),
        statistics=statistics,
    )


def note_reasons(statistics: dict[str, list[Any]], reasons: list[str | None]) -> None:
    """Notes why answers ended, in the words of chat completions, where one was cut off."""
    if any(reason not in (None, "stop") for reason in reasons):
        statistics["finish_reason"] = reasons


def error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str
) -> ModelError:
    """Returns the error for a reply whose status is not 200.

    Args:
        status: HTTP status of the reply.
        headers: Headers of the reply, which the error carries on.
        body: Body of the reply.
        url: URL of the request, for the message.
    """
    error = _error_of_status(status, headers, body, redact_urls(url))
    error.headers = headers
    return error


def _error_of_status(status: int, headers: Mapping[str, str], body: bytes, url: str) -> ModelError:
    words = said(body)
    # Not in the message: there it would make every failure a kind of its own.
    request = headers.get("request-id") or headers.get("x-request-id")
    error = _error_in(body)
    codes = _codes(error)
    if status == 403 and "flagged_input" in (error.get("metadata") or ()):
        # A router refuses this question, not the key.
        return AnswerError(f"{url} answered {status}: {words}", status=status, raw=words)
    if status in (401, 403) or codes & _BAD_KEY:
        return EndpointError(
            f"{url} refuses the key ({status}: {words}). Check the api_key of the model, or the "
            "environment variable it is read from.",
            status=status,
        )
    if status in _UNKNOWN or "model_not_found" in codes:
        return EndpointError(
            f"{url} knows no such model or address ({status}: {words}). Check the model's name and "
            "its base_url.",
            status=status,
        )
    if status == 402 or codes & _UNPAID or "credit balance is too low" in words:
        return EndpointError(
            f"{url} wants to be paid first ({status}: {words}). Nothing more can be asked there; "
            "run again when it is paid.",
            status=status,
        )
    if 300 <= status < 400:
        # Where to, but not what else the address tells: it may let somebody in.
        there = redact_urls(headers.get("location", "")).partition("?")[0] or "elsewhere"
        return EndpointError(
            f"{url} does not answer but sends to {there} ({status}). Is the base_url right "
            "(https, the path up to /v1), or does somebody have to log in first?",
            status=status,
        )
    return AnswerError(
        f"{url} answered {status}: {words}",
        status=status,
        retryable=status in _RETRYABLE,
        retry_after=wait_asked_for(headers),
        overloaded=status in _OVERLOADED,
        raw=f"{words} (request {request})" if request else words,
    )
