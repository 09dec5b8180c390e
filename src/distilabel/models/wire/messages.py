"""Wire format of Anthropic's messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.models.wire import anthropic_tools, errors
from distilabel.models.wire.response import Response
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

VERSION: Final = "2023-06-01"
"""Version of the protocol, sent with every request."""

# Stop reasons as chat completions name them.
_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
# The text of the second kind is encrypted.
_THINKING: Final = ("thinking", "redacted_thinking")
_DATA_URL: Final = re.compile(r"data:(?P<kind>[^;,]+);base64,(?P<data>.*)", re.DOTALL)


def encode_request(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    tool: Mapping[str, Any] | None = None,
) -> bytes:
    """Returns the body of a request.

    Args:
        model: Name of the model.
        messages: Conversation. System messages at its beginning go into a field of their own.
        arguments: All other fields, without those that are None. `extra_body` is merged in.
        tool: Tool whose input is a structured answer.
    """
    first = next((i for i, each in enumerate(messages) if each["role"] != "system"), len(messages))
    body: dict[str, Any] = {
        "model": model,
        "messages": anthropic_tools.messages([_message(each) for each in messages[first:]]),
    }
    if first:
        body["system"] = _system([each["content"] for each in messages[:first]])
    for name, value in arguments.items():
        if value is not None and name != "extra_body":
            body[name] = value
    body.update(arguments.get("extra_body") or {})
    if body.get("tools"):
        body["tools"] = anthropic_tools.tools(body["tools"])
    if "tool_choice" in body:
        body["tool_choice"] = anthropic_tools.tool_choice(body["tool_choice"])
    if tool is not None:
        own = body.get("tools") or ()
        body["tools"] = [*own, tool]
        # The endpoint does not allow forcing a tool while the model reasons.
        thinks = (body.get("thinking") or {}).get("type", "disabled") != "disabled"
        # With tools of the user, the model calls one of them or answers.
        forced = {"type": "any"} if own else {"type": "tool", "name": tool["name"]}
        body["tool_choice"] = {"type": "auto"} if thinks else forced
    return orjson.dumps(body)


def parse_response(body: bytes, tool: str | None = None) -> GenerateOutput:
    """Parses the body of a reply with status 200.

    Args:
        body: Body of the reply.
        tool: Name of the tool for structured answers; its input becomes the text.

    Returns:
        The output, a `Response`.

    Raises:
        AnswerError: The body is invalid (retryable), or has no text (retryable if the stop reason
            does not explain it).
    """
    try:
        data = errors.parse_json(body)
        blocks = data["content"]
        reason = _REASONS.get(data.get("stop_reason"), data.get("stop_reason"))
        thoughts = [block for block in blocks if block["type"] in _THINKING]
        words = "\n\n".join(filter(None, (block.get("thinking") for block in thoughts)))
        texts = [str(block["text"]) for block in blocks if block["type"] == "text"]
        calls = anthropic_tools.tool_calls(blocks, but=tool)
        if tool is not None and not (calls and not _tool_input(blocks, tool)):
            # Text before the tool is not part of the answer; input that was cut off is not valid.
            texts = [] if reason == "length" else _tool_input(blocks, tool) or texts
        refusal = (data.get("stop_details") or {}).get("explanation")
        statistics = _statistics(as_mapping(data.get("usage")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    text = "".join(texts) if texts else None
    if calls:
        text = text or None
    elif text is None or (thoughts and not text):
        raise errors.no_text(
            reason,
            body,
            refusal=refusal,
            has_reasoning=bool(thoughts),
            output_tokens=statistics["output_tokens"][0],
            limit="max_tokens",
            statistics=statistics,
        )
    if reason != "tool_calls" or calls:
        errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=[text], statistics=statistics)
    if words:
        output["reasoning"] = [words]
    if calls:
        output["tool_calls"] = [calls]
    return output  # type: ignore[no-any-return]


def used_tool(body: bytes) -> str:
    """Returns the name of the first tool that a reply uses; empty if there is none.

    Args:
        body: Body of a reply with status 200.
    """
    try:
        blocks = orjson.loads(body)["content"]
        return next((str(each["name"]) for each in blocks if each["type"] == "tool_use"), "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ""


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in message.items() if value is not None}
    return {**kept, "content": _content(message.get("content"))}


def _system(contents: Sequence[Any]) -> Any:
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents)
    parts = ([_part(content)] if isinstance(content, str) else content for content in contents)
    return [part for each in parts for part in each]


def _content(content: Any) -> Any:
    if content is None:
        return []
    return content if isinstance(content, str) else [_part(part) for part in content]


def _part(part: Any) -> Any:
    """Converts a part of a message; parts in this protocol's format stay as they are."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.get("type") != "image_url":
        return part
    image = part["image_url"]
    url = image if isinstance(image, str) else image["url"]
    data = _DATA_URL.fullmatch(url)
    if data is None:
        return {"type": "image", "source": {"type": "url", "url": url}}
    source = {"type": "base64", "media_type": data["kind"], "data": data["data"]}
    return {"type": "image", "source": source}


def _tool_input(blocks: Sequence[Mapping[str, Any]], tool: str) -> list[str]:
    """Returns the first input of a tool, as JSON."""
    uses = (block for block in blocks if block["type"] == "tool_use")
    return [orjson.dumps(use["input"]).decode() for use in uses if use["name"] == tool][:1]


def _statistics(usage: Mapping[str, Any]) -> dict[str, Any]:
    read = token_count(usage.get("cache_read_input_tokens"))
    written = token_count(usage.get("cache_creation_input_tokens"))
    statistics = {
        # This protocol does not count cached tokens as input tokens.
        "input_tokens": [token_count(usage.get("input_tokens")) + read + written],
        "output_tokens": [token_count(usage.get("output_tokens"))],
    }
    if read or written:
        statistics |= {"cache_read_tokens": [read], "cache_write_tokens": [written]}
    return statistics
