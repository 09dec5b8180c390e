"""Wire format of Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError
from distilabel.models.wire import errors
from distilabel.models.wire.response import Response
from distilabel.models.wire.structure import Structure
from distilabel.models.wire.tool_calls import chosen_name, tool_call
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

# Finish reasons as chat completions name them.
_REASONS: Final = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
}
# The server gave up: another attempt may succeed.
_FAILED: Final = frozenset({"ERROR", "TIMEOUT"})


def encode_request(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    structure: Structure | None = None,
) -> bytes:
    """Returns the body of a request.

    Args:
        model: Name of the model.
        messages: Conversation, in the format of chat completions.
        arguments: All other fields, without those that are None. `extra_body` is merged in.
            `tool_choice` is that of chat completions.
        structure: What the answer has to follow; only JSON schemas are supported.

    Raises:
        DistilabelUserError: The structure is not a JSON schema.
    """
    body: dict[str, Any] = {"model": model, "messages": [_message(m) for m in messages]}
    body |= {"stream": False} | {
        name: value
        for name, value in arguments.items()
        if value is not None and name not in ("extra_body", "tool_choice")
    }
    if body.get("tools") and arguments.get("tool_choice"):
        body |= _tool_choice(body["tools"], arguments["tool_choice"])
    if structure is not None:
        if structure.kind != "json":
            raise DistilabelUserError(
                f"structured_output: Cohere supports the format 'json', not {structure.kind!r}. "
                "Set 'schema' to a pydantic class or a JSON schema."
            )
        body["response_format"] = {"type": "json_object", "json_schema": structure.value}
    body.update(arguments.get("extra_body") or {})
    return orjson.dumps(body)


def parse_response(body: bytes) -> GenerateOutput:
    """Parses the body of a reply with status 200.

    Args:
        body: Body of the reply.

    Returns:
        The output, a `Response`.

    Raises:
        AnswerError: The body is invalid (retryable), or has no text (retryable if the reason does
            not explain it).
    """
    try:
        data = errors.parse_json(body)
        message = data["message"]
        parts = message.get("content") or []
        texts = [str(part["text"]) for part in parts if part["type"] == "text"]
        thoughts = [str(part["thinking"]) for part in parts if part["type"] == "thinking"]
        calls = [
            tool_call(
                number, call.get("id"), call["function"]["name"], call["function"]["arguments"]
            )
            for number, call in enumerate(message.get("tool_calls") or ())
        ]
        # What the model intends to do with the tools it calls.
        plan = str(message.get("tool_plan") or "")
        finish = data.get("finish_reason")
        reason = None if finish in _FAILED else _REASONS.get(finish, finish)
        logprobs = _logprobs(data.get("logprobs") or ())
        statistics = _statistics(as_mapping(data.get("usage")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    text = "".join(texts)
    if finish in _FAILED or (not calls and (not texts or (thoughts and not text))):
        raise errors.no_text(
            reason,
            body,
            has_reasoning=bool(thoughts),
            output_tokens=statistics["output_tokens"][0],
            limit="max_tokens",
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=[text or None if calls else text], statistics=statistics)
    if words := "\n\n".join(filter(None, [*thoughts, plan])).strip():
        output["reasoning"] = [words]
    if calls:
        output["tool_calls"] = [calls]
    if logprobs:
        output["logprobs"] = [logprobs]
    return output  # type: ignore[no-any-return]


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a message without what is None: rows from Arrow have every key in every message."""
    return {key: value for key, value in message.items() if value is not None}


def _tool_choice(tools: Sequence[Any], choice: Any) -> dict[str, Any]:
    """Returns the fields for a choice; a chosen tool is the only one that is sent."""
    if choice == "auto":
        return {}
    name = chosen_name(choice)
    if name is None:
        return {"tool_choice": str(choice).upper()}
    chosen = [tool for tool in tools if (tool.get("function") or {}).get("name") == name]
    return {"tools": chosen, "tool_choice": "REQUIRED"}


def _statistics(usage: Mapping[str, Any]) -> dict[str, Any]:
    # The tokens that are charged do not include those of the provider's own instructions.
    counted = as_mapping(usage.get("billed_units") or usage.get("tokens"))
    return {
        "input_tokens": [token_count(counted.get("input_tokens"))],
        "output_tokens": [token_count(counted.get("output_tokens"))],
    }


def _logprobs(chunks: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Returns one position per chunk: a chunk has one text and a number for each of its tokens."""
    return [
        [{"token": str(chunk.get("text") or ""), "logprob": sum(chunk.get("logprobs") or ())}]
        for chunk in chunks
    ]
