"""The wire format of Anthropic's messages. No network here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.models.wire import errors
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.models.wire.response import Response
from distilabel.typing import GenerateOutput

VERSION: Final = "2023-06-01"
"""Of the protocol; every request has to name one."""

# Why an answer ended, in the words of chat completions.
_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
# The second kind holds words that are not shown.
_THINKING: Final = ("thinking", "redacted_thinking")
_DATA_URL: Final = re.compile(r"data:(?P<kind>[^;,]+);base64,(?P<data>.*)", re.DOTALL)


def request(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    tool: Mapping[str, Any] | None = None,
) -> bytes:
    """The body that asks a question.

    Args:
        model: its name.
        messages: the conversation; the system messages it begins with stand apart here.
        arguments: everything else; what is None is left out. `extra_body` is merged in.
        tool: what an answer with a structure is given to.
    """
    first = next((i for i, each in enumerate(messages) if each["role"] != "system"), len(messages))
    body: dict[str, Any] = {
        "model": model,
        "messages": [{**each, "content": _content(each["content"])} for each in messages[first:]],
    }
    if first:
        body["system"] = _system([each["content"] for each in messages[:first]])
    for name, value in arguments.items():
        if value is not None and name != "extra_body":
            body[name] = value
    body.update(arguments.get("extra_body") or {})
    if tool is not None:
        body["tools"] = [*(body.get("tools") or ()), tool]
        # A model that thinks may not be forced to use a tool.
        thinks = (body.get("thinking") or {}).get("type", "disabled") != "disabled"
        body["tool_choice"] = {"type": "auto"} if thinks else {"type": "tool", "name": tool["name"]}
    return orjson.dumps(body)


def answer(body: bytes, tool: str | None = None) -> GenerateOutput:
    """The output of one question.

    Args:
        body: of a reply with status 200.
        tool: name of the tool that an answer with a structure is given to: what it is given is the
            text then.

    Raises:
        AnswerError: this is no answer (retryable), or there is no text in it (retryable if the
            model gave no reason for that).
    """
    try:
        data = errors.parsed(body)
        blocks = data["content"]
        reason = _REASONS.get(data.get("stop_reason"), data.get("stop_reason"))
        thoughts = [block for block in blocks if block["type"] in _THINKING]
        words = "\n\n".join(filter(None, (block.get("thinking") for block in thoughts)))
        texts = [str(block["text"]) for block in blocks if block["type"] == "text"]
        if tool is not None:
            # Words before it are none of the answer; cut off, it may be read wrong.
            texts = [] if reason == "length" else _given(blocks, tool) or texts
        refusal = (data.get("stop_details") or {}).get("explanation")
        statistics = _statistics(data.get("usage") or {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.no_answer(body, error) from error
    reasoning, text = words or None, "".join(texts) if texts else None
    if not thoughts:
        reasoning, text = split_reasoning(text)
    if text is None or ((thoughts or reasoning) and not text):
        raise errors.silence(
            reason,
            body,
            refusal=refusal,
            thought=bool(thoughts or reasoning),
            written=statistics["output_tokens"][0],
            limit="max_tokens",
            statistics=statistics,
        )
    if reason != "tool_calls":
        errors.note_reasons(statistics, [reason])
    output: Any = Response(generations=[text], statistics=statistics)
    if reasoning is not None:
        output["reasoning"] = [reasoning]
    return output  # type: ignore[no-any-return]


def used_tool(body: bytes) -> str:
    """The name of the tool that a reply uses first; empty if it uses none.

    Args:
        body: of a reply with status 200.
    """
    try:
        blocks = orjson.loads(body)["content"]
        return next((str(each["name"]) for each in blocks if each["type"] == "tool_use"), "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ""


def _system(contents: Sequence[Any]) -> Any:
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents)
    parts = ([_part(content)] if isinstance(content, str) else content for content in contents)
    return [part for each in parts for part in each]


def _content(content: Any) -> Any:
    return content if isinstance(content, str) else [_part(part) for part in content]


def _part(part: Any) -> Any:
    """A part of a message; one of this protocol's own kinds stays as it is."""
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


def _given(blocks: Sequence[Mapping[str, Any]], tool: str) -> list[str]:
    """What a tool is given, as JSON."""
    uses = (block for block in blocks if block["type"] == "tool_use")
    return [orjson.dumps(use["input"]).decode() for use in uses if use["name"] == tool][:1]


def _statistics(usage: Mapping[str, Any]) -> dict[str, Any]:
    read = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    statistics = {
        # Those from the cache are not among the others here.
        "input_tokens": [(usage.get("input_tokens") or 0) + read + written],
        "output_tokens": [usage.get("output_tokens") or 0],
    }
    if read or written:
        statistics |= {"cache_read_tokens": [read], "cache_write_tokens": [written]}
    return statistics
