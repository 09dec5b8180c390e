"""Wire format of Amazon Bedrock's Converse, which is the same for all of its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire import errors
from distilabel.models.wire.image_part import image_in
from distilabel.models.wire.response import Response
from distilabel.models.wire.structure import Structure
from distilabel.models.wire.tool_calls import (
    arguments_of,
    chosen_name,
    functions,
    schema_of,
    tool_call,
)
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

# Arguments → fields of the configuration.
_CONFIG: Final = {
    "max_new_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "stop": "stopSequences",
}
_CHOICES: Final = {"auto": "auto", "required": "any"}
_IMAGES: Final = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif"} | {
    "image/jpg": "jpeg",
    "image/webp": "webp",
}
# Stop reasons as chat completions name them.
_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
# The model wrote what the service could not read: another attempt may succeed.
_FAILED: Final = frozenset({"malformed_model_output", "malformed_tool_use"})


def encode_request(
    messages: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    structure: Structure | None = None,
) -> bytes:
    """Returns the body of a request; the model is part of the address.

    Args:
        messages: Conversation, in the format of chat completions. System messages go into a field
            of their own.
        arguments: Arguments of the configuration, `tools`, `tool_choice`, and `extra_body`, whose
            fields replace those of the arguments; its `inferenceConfig` is merged.
        structure: What the answer has to follow; JSON schemas are supported.

    Raises:
        AnswerError: An image is given by its address, or has an unknown format.
        DistilabelUserError: The structure is not a JSON schema.
    """
    body: dict[str, Any] = {"messages": _turns([m for m in messages if m["role"] != "system"])}
    system = [message["content"] for message in messages if message["role"] == "system"]
    if system:
        body["system"] = [part for content in system for part in _parts(content)]
    extra = dict(arguments.get("extra_body") or {})
    config = {
        field: arguments[name] for name, field in _CONFIG.items() if arguments.get(name) is not None
    }
    config |= extra.pop("inferenceConfig", {})
    if config:
        body["inferenceConfig"] = config
    choice = arguments.get("tool_choice")
    if arguments.get("tools") and choice != "none":
        body["toolConfig"] = {"tools": [_tool(*each) for each in functions(arguments["tools"])]}
        if choice:
            body["toolConfig"]["toolChoice"] = _tool_choice(choice)
    if structure is not None:
        body["outputConfig"] = {"textFormat": _text_format(structure)}
    return orjson.dumps(body | extra)


def parse_response(body: bytes) -> GenerateOutput:
    """Parses the body of a reply with status 200.

    Args:
        body: Body of the reply.

    Returns:
        The output, a `Response`.

    Raises:
        AnswerError: The body is invalid (retryable), or has no text (retryable if the stop reason
            does not explain it).
    """
    try:
        data = errors.parse_json(body)
        parts = data["output"]["message"]["content"]
        statistics = _statistics(as_mapping(data.get("usage")))
        texts = [str(part["text"]) for part in parts if "text" in part]
        thoughts = [part["reasoningContent"] for part in parts if "reasoningContent" in part]
        words = [str(as_mapping(each.get("reasoningText")).get("text") or "") for each in thoughts]
        uses = [part["toolUse"] for part in parts if "toolUse" in part]
        calls = [
            tool_call(number, use["toolUseId"], use["name"], use.get("input"))
            for number, use in enumerate(uses)
        ]
        stop = data.get("stopReason")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    reason = None if stop in _FAILED else _REASONS.get(stop, stop)
    text = "".join(texts)
    if stop in _FAILED or (not text and not calls and (thoughts or not texts)):
        raise errors.no_text(
            reason,
            body,
            has_reasoning=bool(thoughts),
            output_tokens=statistics["output_tokens"][0],
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=[text or None if calls else text], statistics=statistics)
    if reasoning := "\n\n".join(filter(None, words)).strip():
        output["reasoning"] = [reasoning]
    if calls:
        output["tool_calls"] = [calls]
    return output  # type: ignore[no-any-return]


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Converts messages; those that follow one of the same role are joined, as roles alternate."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message["role"] == "assistant" else "user"
        parts = _parts(message.get("content"))
        if message["role"] == "tool":
            result = {"toolUseId": message.get("tool_call_id"), "content": parts}
            parts = [{"toolResult": result}]
        parts += [{"toolUse": _tool_use(call)} for call in message.get("tool_calls") or ()]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += parts
        else:
            turns.append({"role": role, "content": parts})
    return turns


def _parts(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, str):
        return [_part(part) for part in content or ()]
    # An empty text is rejected.
    return [{"text": content}] if content else []


def _part(part: Any) -> dict[str, Any]:
    """Converts a part of a message; parts in this protocol's format stay as they are."""
    image = image_in(part)
    if image is None:
        return {"text": part["text"]} if part.get("type") == "text" else dict(part)
    data = image.content
    kind = _IMAGES.get(image.kind)
    if kind is None:
        raise AnswerError(
            f"an image is of the type {image.kind!r}. Bedrock takes png, jpeg, gif and webp."
        )
    return {"image": {"format": kind, "source": {"bytes": data}}}


def _tool_use(call: Mapping[str, Any]) -> dict[str, Any]:
    name = call["function"]["name"]
    return {"toolUseId": call.get("id"), "name": name, "input": arguments_of(call)}


def _tool(function: Mapping[str, Any] | None, tool: Any) -> Any:
    if function is None:
        return tool
    spec = {"name": function["name"], "inputSchema": {"json": schema_of(function)}}
    spec |= {key: function[key] for key in ("description", "strict") if function.get(key)}
    return {"toolSpec": spec}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, str):
        return {_CHOICES.get(choice, choice): {}}
    name = chosen_name(choice)
    return choice if name is None else {"tool": {"name": name}}


def _text_format(structure: Structure) -> dict[str, Any]:
    if structure.kind != "json":
        raise DistilabelUserError(
            f"structured_output: Bedrock supports the format 'json', not {structure.kind!r}. Set "
            "'schema' to a pydantic class or a JSON schema."
        )
    schema = orjson.dumps(structure.value).decode()
    return {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}


def _statistics(usage: Mapping[str, Any]) -> dict[str, Any]:
    read = token_count(usage.get("cacheReadInputTokens"))
    written = token_count(usage.get("cacheWriteInputTokens"))
    statistics: dict[str, Any] = {
        # This protocol does not count cached tokens as input tokens.
        "input_tokens": [token_count(usage.get("inputTokens")) + read + written],
        "output_tokens": [token_count(usage.get("outputTokens"))],
    }
    if read or written:
        statistics |= {"cache_read_tokens": [read], "cache_write_tokens": [written]}
    return statistics
