"""Turns replies without an answer into errors that say what to do, for all protocols."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from distilabel._core.printable import printable
from distilabel._core.redaction import redact_urls
from distilabel._core.surrogates import replace_surrogates
from distilabel.errors import AnswerError, EndpointError, ModelError

_RETRYABLE: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_OVERLOADED: Final = frozenset({408, 429, 502, 503, 504, 529})
# Fail for every request to the same address.
_UNKNOWN: Final = frozenset({404, 405, 410})
_NO_MODEL: Final = frozenset(
    {
        "DeploymentNotFound",  # Azure
        "invalid_model",  # Mistral
        "model_not_found",  # OpenAI and most others
        "model_not_supported",  # the router of Hugging Face
    }
)
# How routers and servers say it with status 400, which has no code of its own. Only the beginning
# of a message is searched: what follows may be the prompt.
_NO_MODEL_WORDS: Final = re.compile(
    r"is not a valid model|invalid model\b|model identifier is invalid|model not exist"
    r"|unknown model|no such model"
    r"|model ['\"`]?\S+? (?:does not exist|not found|is not (?:found|supported|available))",
    re.I,
)
_MODEL_WORDS_WITHIN: Final = 120
_UNPAID: Final = frozenset({"insufficient_quota"})
# The model failed to write what was asked for, which another attempt may.
_FAILED_ONCE: Final = frozenset({"json_validate_failed"})  # Groq
_BAD_KEY: Final = frozenset({"invalid_api_key", "API_KEY_INVALID"})
# What looks like a key is cut out of server messages: some repeat the key they reject.
_KEY: Final = re.compile(
    r"\b(?:sk|hf|gsk|pk|key|api)[-_][A-Za-z0-9_\-*]{6,}|\b(?-i:A[KS]IA[A-Z0-9]{12,})|Bearer\s+\S+",
    re.I,
)
_PAGE: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title", re.I | re.S)
_SHOWN: Final = 300


def parse_seconds(text: str) -> float | None:
    """Parses `Retry-After` (a number or a date) or a duration like `1m2.5s` or `200ms`.

    Returns:
        Seconds from now; None if the text is none of these.
    """
    text = text.strip()
    try:
        seconds = float(text)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    parts = re.findall(r"([\d.]+)(ms|h|m|s)", text)
    if parts:
        unit = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
        with contextlib.suppress(ValueError):  # several points in a number
            return sum(float(number) * unit[name] for number, name in parts)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds to wait before the next request, if the headers of a reply say so."""
    for name in ("retry-after-ms", "retry-after"):
        if name in headers:
            seconds = parse_seconds(headers[name])
            if seconds is not None:
                return seconds / 1000 if name.endswith("ms") else seconds
    for what in ("requests", "tokens"):
        # If the limit is known too, the rate limiter computes how soon a part of it is back.
        if f"x-ratelimit-limit-{what}" in headers:
            continue
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0":
            return parse_seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
    return None


def parse_json(body: bytes) -> Any:
    """Parses the body of a reply.

    Some servers cut a text in the middle of a character: half a surrogate pair becomes U+FFFD. Some
    send NaN or infinities, or integers of more than 64 bits.

    Raises:
        JSONDecodeError: The body is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            return replace_surrogates(json.loads(body))
        except (ValueError, RecursionError):
            raise error from None


def error_message(body: bytes) -> str:
    """Returns the message in the body of an error, on one line and without keys."""
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
        heading = " ".join((title[1] if title else _UNSEEN.sub(" ", text)).split())
        text = f"a web page, {heading[:_SHOWN]!r}"
    text = printable(_KEY.sub("[key]", " ".join(text.split())))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _error_in(body: bytes) -> dict[str, Any]:
    """Returns the error object in a body, empty if there is none."""
    data = _json(body)
    # Some servers send a list of one error.
    data = data[0] if isinstance(data, list) and data else data
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, dict) else {}


def _codes(error: dict[str, Any]) -> set[Any]:
    """Returns the codes of an error; not its message, which may repeat the prompt."""
    details = error.get("details")
    reasons = [d.get("reason") for d in details or () if isinstance(d, dict)]
    codes = [error.get("code"), error.get("type"), *(reasons if isinstance(details, list) else ())]
    return {code for code in codes if isinstance(code, str)}


def excerpt(body: bytes) -> str:
    """Returns the beginning of a body without keys, for the record of a failure."""
    return _KEY.sub("[key]", body[:2000].decode("utf-8", "replace"))


def invalid_reply(
    body: bytes, reason: Exception | str, statistics: Mapping[str, Any] | None = None
) -> AnswerError:
    """Returns the error for a reply with status 200 that has not the expected form.

    Args:
        body: Body of the reply.
        reason: What is wrong with it, or the error of parsing it.
        statistics: Tokens and cost of the reply; None if unknown.
    """
    if isinstance(reason, str):
        problem = reason
    elif _PAGE.match(body[:4096].decode("utf-8", "replace")):
        problem = f"it is {error_message(body)}. Check the base_url."
    elif isinstance(reason, json.JSONDecodeError):
        problem = f"it is not JSON, or cut off: {reason}" if body else "it is empty"
    elif _error_in(body):
        problem = f"it is an error, {error_message(body)!r}"
    elif isinstance(reason, KeyError):
        problem = f"it has no {reason}"
    else:
        problem = f"{type(reason).__name__}: {reason}"
    return AnswerError(
        f"invalid reply: {problem}",
        retryable=True,
        raw=excerpt(body),
        statistics=statistics,
        lost=statistics is None,
    )


def no_text(
    finish_reason: str | None,
    body: bytes,
    *,
    refusal: str | None = None,
    has_reasoning: bool = False,
    output_tokens: int = 0,
    limit: str = "max_new_tokens",
    statistics: Mapping[str, Any] | None = None,
) -> AnswerError:
    """Returns the error for an answer without a text.

    Args:
        finish_reason: Why the answer ended, as chat completions name it.
        body: Body of the reply.
        refusal: Message with which the model refused.
        has_reasoning: Whether the answer has reasoning.
        output_tokens: Number of tokens of the answer, 0 if unknown.
        limit: Name of the argument that limits them.
        statistics: Tokens and cost of the reply.
    """
    if has_reasoning and finish_reason == "length":
        tokens = f"all {output_tokens}" if output_tokens else "all its"
        message = f"the model spent {tokens} tokens thinking: raise {limit}"
    elif has_reasoning:
        message = f"the model returned reasoning but no text (finish reason: {finish_reason})"
    else:
        message = f"the model returned no text (finish reason: {finish_reason})"
    if refusal:
        message += f" and refused: {refusal}"
    return AnswerError(
        message,
        # If it was cut off, filtered or refused, it would be so again.
        retryable=finish_reason in (None, "stop") and not refusal,
        raw=excerpt(body),
        statistics=statistics,
        has_no_text=True,
    )


def add_finish_reasons(statistics: dict[str, list[Any]], reasons: list[str | None]) -> None:
    """Adds finish reasons, as chat completions name them, to statistics if any is not `stop`."""
    if any(reason not in (None, "stop") for reason in reasons):
        statistics["finish_reason"] = reasons


def error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str, key_variable: str = ""
) -> ModelError:
    """Returns the error for a reply whose status is not 200.

    Args:
        status: HTTP status of the reply.
        headers: Headers of the reply, which the error carries on.
        body: Body of the reply.
        url: URL of the request, for the message.
        key_variable: Environment variable that the key is read from, for the message.
    """
    error = _error_for_status(status, headers, body, redact_urls(url), key_variable)
    error.headers = headers
    return error


def _error_for_status(
    status: int, headers: Mapping[str, str], body: bytes, url: str, key_variable: str
) -> ModelError:
    message = error_message(body)
    # Not part of the message, where it would make every failure a different one.
    request = headers.get("request-id") or headers.get("x-request-id")
    error = _error_in(body)
    codes = _codes(error)
    if status == 403 and "flagged_input" in (error.get("metadata") or ()):
        # A router rejects this prompt, not the key.
        return AnswerError(f"{url} answered {status}: {message}", status=status, raw=message)
    if (
        status == 400
        and not codes & _NO_MODEL
        and _NO_MODEL_WORDS.search(message[:_MODEL_WORDS_WITHIN])
    ):
        codes = codes | _NO_MODEL
    if (status in (401, 403) and not codes & _NO_MODEL) or codes & _BAD_KEY:
        return EndpointError(
            f"{url} rejects the key ({status}: {message}). Check `api_key`, or the environment "
            f"variable {key_variable or 'it is read from'}.",
            status=status,
        )
    if status in _UNKNOWN or codes & _NO_MODEL:
        cure = "Check the model's name and its base_url."
        if "supported in v1/responses" in message:
            cure = 'Set `api` to "responses".'
        return EndpointError(
            f"{url} does not know the model or the address ({status}: {message}). {cure}",
            status=status,
        )
    if status == 402 or codes & _UNPAID or "credit balance is too low" in message:
        return EndpointError(
            f"{url} requires payment ({status}: {message}). Run again once the account has credit.",
            status=status,
        )
    if 300 <= status < 400:
        # Without the query, which may hold a token.
        there = redact_urls(headers.get("location", "")).partition("?")[0] or "elsewhere"
        return EndpointError(
            f"{url} redirects to {there} ({status}). Check the base_url (https, the path up to "
            "/v1), and whether the address requires a login.",
            status=status,
        )
    return AnswerError(
        f"{url} answered {status}: {message}",
        status=status,
        retryable=status in _RETRYABLE or bool(codes & _FAILED_ONCE),
        retry_after=retry_after(headers),
        overloaded=status in _OVERLOADED,
        raw=f"{message} (request {request})" if request else message,
    )
