"""Requests that every HTTP provider sends: one question, the list of models, the check of a key.

Knows the list of models in OpenAI's format, and no other body.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import orjson
from pydantic import SecretStr

from distilabel._core.redaction import redact_urls, secret_texts
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError, ModelError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.models.http import transport
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput


# What people copy along with a key: white space, and characters that are not visible.
_AROUND: Final = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"
_BEARER: Final = re.compile(r"bearer\s+", re.I)
_NOT_IN_A_HEADER: Final = re.compile(r"[^\x20-\x7e]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

# Headers whose values may be shown; any other value of this length or longer may be a key.
_PUBLIC_HEADERS: Final = frozenset({"accept", "anthropic-version", "content-type"})
_SHORTEST_KEY: Final = 7
# Letters by which a misspelt name of a model may differ, and the shortest name that is compared.
_MOST_SLIPS: Final = 2
_SHORTEST_NAME: Final = 4

_log = logging.getLogger("distilabel.llm")


def require_key(key: SecretStr | None, model: object, variable: str) -> SecretStr:
    """Returns the key of an endpoint, without spaces and quotes around it.

    Args:
        key: Key of the endpoint, if there is one.
        model: Model that needs it.
        variable: Environment variable that the key is read from.

    Raises:
        DistilabelUserError: There is no key, or it has a character that no header can have.
    """
    name = type(model).__name__
    given = key.get_secret_value() if key is not None else ""
    text = _BEARER.sub("", _bare(given), count=1)
    if not text:
        empty = " (it is empty)" if os.environ.get(variable) is not None else ""
        raise DistilabelUserError(
            f"{name}: no API key. Set `api_key`, or the environment variable {variable}{empty}. "
            "For a server that needs none, set any text."
            if key is None
            else f"{name}: the API key is empty. Set `api_key`, or the environment variable "
            f"{variable}. For a server that needs none, set any text."
        )
    wrong = _NOT_IN_A_HEADER.search(text)
    if wrong:
        raise DistilabelUserError(
            f"{name}: the API key has the character {unicodedata.name(wrong[0], ascii(wrong[0]))} "
            f"at position {wrong.start() + 1} of {len(text)}, which no key has. Copy the key again "
            f"into `api_key`, or the environment variable {variable}."
        )
    if text != given:
        _log.warning(
            "%s: spaces, line ends, quotes or 'Bearer' around the API key are left out. Correct "
            "`api_key`, or the environment variable %s.",
            name,
            variable,
        )
    return SecretStr(text)


def _bare(text: str) -> str:
    """Returns a text without the spaces, and one pair of quotes, around it."""
    text = text.strip(_AROUND)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip(_AROUND)
    return text


def bearer_headers(key: SecretStr, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the headers of every request to an endpoint with bearer authentication.

    Args:
        key: Key of the endpoint.
        more: Headers set by the user; they replace those of the same name, in any case.

    Raises:
        DistilabelUserError: A header has a character that no header can have.
    """
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key.get_secret_value()}",
    }
    known = {name.lower(): name for name in headers}
    for name, value in (more or {}).items():
        value = value.strip()
        if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
            raise DistilabelUserError(
                f"default_headers: the {'value' if _HEADER_NAME.fullmatch(name) else 'name'} of "
                f"{name!r} has a character that no header can have. Remove it."
            )
        headers.pop(known.get(name.lower(), ""), None)
        headers[name] = value
    return headers


def key_fingerprint(key: SecretStr | None) -> str:
    """Returns a short hash that tells keys apart without revealing them."""
    text = key.get_secret_value() if key else ""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def url_of(base: str, path: str) -> str:
    """Returns the URL of a path below an address, which may have a query.

    Args:
        base: Address of the endpoint, without a slash at its end.
        path: Path without a slash at its beginning.
    """
    if "?" not in base:
        return f"{base}/{path}"
    address, _, query = base.partition("?")
    return f"{address.rstrip('/')}/{path}?{query}"


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout: float,
    *,
    key_variable: str = "",
) -> transport.Reply:
    """Sends one request and returns its reply, which has status 200.

    Args:
        url: URL to post to.
        body: JSON body.
        headers: Headers with the key.
        timeout: Seconds until the last byte of the reply.
        key_variable: Environment variable that the key is read from.

    Raises:
        AnswerError: The request failed.
        EndpointError: The key, the model or the address is wrong.
    """
    reply = await transport.send("POST", url, body=body, headers=headers, timeout=timeout)
    if reply.status != 200:
        raise error_of(reply, headers, url, key_variable, body)
    return reply


def read_reply(reply: transport.Reply, parse: Callable[[bytes], GenerateOutput]) -> GenerateOutput:
    """Parses a reply; the output, or the error, carries the headers of the reply.

    Args:
        reply: Reply with status 200.
        parse: Function of a wire format that turns a body into a `Response`.

    Raises:
        AnswerError: The body holds no answer.
    """
    try:
        output: Any = parse(reply.body)
    except ModelError as error:
        error.headers = reply.headers
        raise
    output.headers = reply.headers
    return output  # type: ignore[no-any-return]


def error_of(
    reply: transport.Reply,
    headers: Mapping[str, str],
    url: str,
    key_variable: str,
    request: bytes = b"{}",
) -> ModelError:
    """Returns the error for a reply, without the keys that some servers repeat in it.

    Args:
        reply: Reply whose status is not 200.
        headers: Headers of the request.
        url: URL of the request.
        key_variable: Environment variable that the key is read from.
        request: Body of the request.
    """
    body = reply.body
    keys = [value for name, value in headers.items() if name.lower() not in _PUBLIC_HEADERS]
    keys += secret_texts(orjson.loads(request))
    keys += secret_texts(dict(parse_qsl(urlsplit(url).query)))
    for key in keys:
        for part in key.encode().split():
            body = body.replace(part, b"[key]") if len(part) >= _SHORTEST_KEY else body
    return errors.error_from_response(
        reply.status, reply.headers, body, url=url, key_variable=key_variable
    )


async def list_models(url: str, headers: Mapping[str, str], *, key_variable: str = "") -> list[str]:
    """Returns the models that an endpoint lists; empty if it has no list.

    Args:
        url: Address of the endpoint, up to and including `/v1`.
        headers: Headers with the key.
        key_variable: Environment variable that the key is read from.

    Raises:
        EndpointError: The endpoint cannot be reached, or rejects the key.
    """
    try:
        reply = await transport.send("GET", url_of(url, "models"), headers=headers, timeout=30)
    except AnswerError as error:
        raise EndpointError(
            f"{error}. Check that the server is running and the base_url is right. No question was "
            "sent."
        ) from error
    if reply.status in (401, 403):
        raise error_of(reply, headers, url_of(url, "models"), key_variable)
    if reply.status != 200:
        return []
    try:
        return [str(entry["id"]) for entry in orjson.loads(reply.body)["data"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return []


async def _has_unlisted_model(url: str, headers: Mapping[str, str], model: str) -> bool:
    """Whether an endpoint knows a model that its list lacks, such as an alias."""
    try:
        reply = await transport.send(
            "GET", url_of(url, f"models/{quote(model)}"), headers=headers, timeout=30
        )
    except AnswerError:
        return False
    return reply.status == 200


async def check_endpoint(
    url: str, headers: Mapping[str, str], model: str, *, key_variable: str = ""
) -> str:
    """Checks that an endpoint can be reached, accepts the key and knows the model.

    Some servers answer for any name, and some routers for names that their list lacks: whether such
    a model exists shows only when it is asked. A name that looks like a misspelt one is an error.

    Args:
        url: Address of the endpoint, up to and including `/v1`.
        headers: Headers with the key.
        model: Name of the model, which is known if it is listed (maybe without a variant that
            follows a colon) or known by its name. An endpoint without a list passes.
        key_variable: Environment variable that the key is read from.

    Returns:
        Why the endpoint may not know the model; empty if there is no doubt.

    Raises:
        EndpointError: The endpoint cannot be reached, rejects the key, or lists a model whose name
            is spelt nearly the same.
    """
    known = await list_models(url, headers, key_variable=key_variable)
    listed = not known or model in known or model.partition(":")[0] in known
    if listed or await _has_unlisted_model(url, headers, model):
        return ""
    similar = close_names(model, known[:200])
    if any(_is_misspelt(model, name) for name in known):
        raise EndpointError(
            f"{redact_urls(url)} does not know the model {model!r}, {similar} No question was sent."
        )
    similar = f"{similar[0].upper()}{similar[1:]}"
    return f"{redact_urls(url)} does not list the model {model!r}. {similar}"


def _is_misspelt(name: str, known: str) -> bool:
    """Whether a name differs from a known one as by a slip of the keyboard.

    Models of one family differ in digits, or in what follows a digit (`gpt-4`, `gpt-4o`), or by
    more letters.
    """
    if min(len(name), len(known)) < _SHORTEST_NAME:
        return False
    changed = 0
    matcher = SequenceMatcher(None, name, known, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            continue
        before, after = name[max(i - 1, 0) : i], name[j : j + 1]
        texts = name[i:j] + known[k:m]
        if kind != "replace":
            texts += before
        elif not before.isalnum() and not after.isalnum():
            # A whole word, as in `model-a` and `model-b`.
            return False
        if any(letter.isdigit() for letter in texts):
            return False
        changed += max(j - i, m - k)
    return 0 < changed <= _MOST_SLIPS and name.lower() != known.lower()
