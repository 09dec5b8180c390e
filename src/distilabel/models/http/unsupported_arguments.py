"""`UnsupportedArguments`: learns from error messages which arguments a model rejects."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from distilabel.errors import AnswerError

_REJECTED: Final = re.compile(
    r"['`\"](\w+)['`\"] (?:is (?:not supported|deprecated)|does not support)", re.ASCII
)
_INSTEAD: Final = re.compile(r"[Uu]se ['`\"](\w+)['`\"] instead", re.ASCII)
# How the server of llama-cpp-python rejects a schema, with the status 500. It follows one in a
# `json_object`.
_NO_JSON_SCHEMA: Final = "Input should be 'text' or 'json_object'"
# Arguments that may be left out: the answer is still one to the same question.
_SAMPLING: Final = frozenset(
    {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty"}
)

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.llm")


class UnsupportedArguments:
    """Arguments that one model rejects, as reasoning models reject some that others accept.

    The first request that is rejected is sent again without the argument; later requests are sent
    without it at once.
    """

    def __init__(self) -> None:
        self._has_json_schema = True
        # Argument → the one to send instead; None sends none.
        self._instead: dict[str, str | None] = {}

    async def send(
        self,
        model: str,
        arguments: dict[str, Any],
        post: Callable[[dict[str, Any]], Awaitable[_T]],
    ) -> _T:
        """Sends one request without the arguments that the model rejects.

        Args:
            model: Name of the model.
            arguments: Arguments of the request.
            post: Posts the request with the given arguments and returns the reply.

        Raises:
            AnswerError: The request failed.
        """
        while True:
            accepted = self.without(arguments)
            try:
                return await post(accepted)
            except AnswerError as error:
                # Every round leaves out or renames one more argument, so that this ends.
                if not self.learn(model, error, accepted):
                    raise

    def without(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Returns the arguments without those known to be rejected.

        Args:
            arguments: Arguments of a request.
        """
        if not self._has_json_schema:
            arguments = {
                **arguments,
                "response_format": _as_json_object(arguments.get("response_format")),
            }
        if not self._instead:
            return arguments
        named = {self._instead.get(name, name): value for name, value in arguments.items()}
        return {name: value for name, value in named.items() if name is not None}

    def learn(self, model: str, error: AnswerError, sent: dict[str, Any]) -> bool:
        """Learns from a rejection.

        Args:
            model: Name of the model.
            error: The rejection.
            sent: Arguments that were sent.

        Returns:
            True if the request can be sent again without the rejected argument, or with another one
            in its place.
        """
        message = str(error.raw)
        if _NO_JSON_SCHEMA in message and _is_json_schema(sent.get("response_format")):
            self._has_json_schema = False
            _log.info("%s does not accept json_schema. From now on it is json_object.", model)
            return True
        if error.status != 400:
            return False
        found = _REJECTED.search(message)
        name = found[1] if found else ""
        if sent.get(name) is None:
            return False
        other = _INSTEAD.search(message)
        if other is None and name not in _SAMPLING:
            return False
        if name in self._instead:
            # Another request has learned it in the meantime.
            return True
        self._instead[name] = other[1] if other else None
        _log.info(
            "%s does not accept %s. From now on it is %s.",
            model,
            name,
            f"sent as {other[1]}" if other else "left out",
        )
        return True


def _is_json_schema(format: Any) -> bool:
    return isinstance(format, dict) and format.get("type") == "json_schema"


def _as_json_object(format: Any) -> Any:
    """Returns a `response_format` with its schema in a `json_object`; any other stays as it is."""
    if not _is_json_schema(format):
        return format
    return {"type": "json_object", "schema": format["json_schema"]["schema"]}
