"""How the clients of HTTP endpoints ask: the header with the key, one question, the list of models.

Knows OpenAI's list of models; not what is in a question or an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import orjson

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError, ModelError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.models.http import transport
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from pydantic import SecretStr


# Headers whose values may be told, and the length from which on a value may be a key.
_PLAIN: Final = frozenset({"accept", "anthropic-version", "content-type"})
_SHORTEST_KEY: Final = 7


def needed(key: SecretStr | None, who: object, variable: str) -> SecretStr:
    """The key, which has to be there.

    Args:
        key: of the endpoint.
        who: the model that needs it.
        variable: the environment variable it is read from.

    Raises:
        DistilabelUserError: there is none.
    """
    if key is None:
        raise DistilabelUserError(
            f"{type(who).__name__} needs a key: give `api_key`, or set the environment variable "
            f"{variable}."
        )
    return key


def headers_of(key: SecretStr, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of every request; those of the user win."""
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key.get_secret_value()}",
        **(more or {}),
    }


def trace_of(key: SecretStr | None) -> str:
    """Tells keys apart without telling them."""
    text = key.get_secret_value() if key else ""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


async def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> bytes:
    """Asks one question and gives what came back.

    Raises:
        AnswerError: there is no answer.
        EndpointError: the key, the model or the address is wrong.
    """
    reply = await transport.send("POST", url, body=body, headers=headers, timeout=timeout)
    if reply.status != 200:
        raise _refusal(reply, headers, url)
    return reply.body


def _refusal(reply: transport.Reply, headers: Mapping[str, str], url: str) -> ModelError:
    """The error that a reply stands for, without the keys: some servers repeat what they refuse."""
    body = reply.body
    for name, value in headers.items():
        if name.lower() not in _PLAIN:
            for part in value.encode().split():
                body = body.replace(part, b"[key]") if len(part) >= _SHORTEST_KEY else body
    return errors.error_from_response(reply.status, reply.headers, body, url=url)


async def listed_models(url: str, headers: Mapping[str, str]) -> list[str]:
    """The models of an endpoint; none if it has no list of them.

    Args:
        url: of the endpoint, up to and including `/v1`.
        headers: with the key.

    Raises:
        EndpointError: nobody answers there, or the key is refused.
    """
    try:
        reply = await transport.send("GET", f"{url}/models", headers=headers, timeout=30)
    except AnswerError as error:
        raise EndpointError(
            f"{error}. Is the server running, and is the base_url right? Nothing was asked."
        ) from error
    if reply.status in (401, 403):
        raise _refusal(reply, headers, f"{url}/models")
    if reply.status != 200:
        return []
    try:
        return [str(entry["id"]) for entry in orjson.loads(reply.body)["data"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return []


async def _answers_for(url: str, headers: Mapping[str, str], model: str) -> bool:
    """Whether an endpoint knows a model that is not in its list: an alias, say."""
    try:
        reply = await transport.send(
            "GET", f"{url}/models/{quote(model)}", headers=headers, timeout=30
        )
    except AnswerError:
        return False
    return reply.status == 200


async def make_sure_of(url: str, headers: Mapping[str, str], model: str) -> None:
    """Makes sure that an endpoint can be reached, takes the key and knows the model.

    Args:
        url: of the endpoint, up to and including `/v1`.
        headers: with the key.
        model: which has to be in the list, or known when asked for by its name; an endpoint
            without a list is believed.

    Raises:
        EndpointError: nobody answers there, the key is refused, or the model is not known.
    """
    known = await listed_models(url, headers)
    if known and model not in known and not await _answers_for(url, headers, model):
        raise EndpointError(
            f"{redact_urls(url)} does not know the model {model!r}, "
            f"{close_names(model, known[:200])} Nothing was asked."
        )
