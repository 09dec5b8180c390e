"""Wire format of OpenAI's responses, which some of its models need and vLLM serves too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError
from distilabel.models.wire import errors
from distilabel.models.wire.chat_completions import CACHED
from distilabel.models.wire.image_part import image_in
from distilabel.models.wire.response import Response
from distilabel.models.wire.tool_calls import chosen_name, functions, tool_call
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

_LOGPROBS: Final = "message.output_text.logprobs"
# Arguments of chat completions that responses do not have.
_MISSING: Final = ("frequency_penalty", "presence_penalty", "stop", "echo")
# Arguments that have another name or form here.
_CONVERTED: Final = frozenset(
    {"extra_body", "logprobs", "max_tokens", "n", "response_format", "tools", "tool_choice"}
)
# Reasons for an incomplete answer, as chat completions name them.
_REASONS: Final = {"max_output_tokens": "length", "max_tokens": "length"}


def encode_request(model: str, prompt: Any, arguments: dict[str, Any]) -> bytes:
    """Returns the body of a request.

    Args:
        model: Name of the model.
        prompt: Conversation, or text of one message.
        arguments: Arguments of chat completions, without those that are None. `extra_body` is
            merged in; its `text` and `include` are merged with those of the arguments.

    Raises:
        DistilabelUserError: An argument is set that responses do not have.
    """
    wrong = [name for name in _MISSING if arguments.get(name)]
    if wrong:
        raise DistilabelUserError(
            f"{model}: responses have no {' and no '.join(wrong)}. Remove it, or use the API "
            '"chat".'
        )
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    body: dict[str, Any] = {
        "model": model,
        "input": [item for message in messages for item in _items(message)],
        # As for chat completions, the provider does not keep questions and answers.
        "store": False,
    }
    body |= {
        name: value
        for name, value in arguments.items()
        if value is not None and name not in _CONVERTED
    }
    if arguments.get("max_tokens") is not None:
        body["max_output_tokens"] = arguments["max_tokens"]
    if arguments.get("logprobs"):
        body["include"] = [_LOGPROBS]
    if arguments.get("tools"):
        body["tools"] = [_tool(*each) for each in functions(arguments["tools"])]
        if choice := arguments.get("tool_choice"):
            name = chosen_name(choice)
            body["tool_choice"] = choice if name is None else {"type": "function", "name": name}
    if arguments.get("response_format"):
        body["text"] = {"format": _format(arguments["response_format"])}
    extra = dict(arguments.get("extra_body") or {})
    if "text" in extra:
        body["text"] = {**body.get("text", {}), **extra.pop("text")}
    if "include" in extra:
        body["include"] = [*body.get("include", ()), *extra.pop("include")]
    return orjson.dumps(body | extra)


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
        statistics = _statistics(as_mapping(data.get("usage")))
        items = data["output"]
        parts = [p for item in items if item["type"] == "message" for p in item["content"]]
        texts = [part for part in parts if part["type"] == "output_text"]
        text = "".join(str(part["text"]) for part in texts)
        refusal = next((str(p["refusal"]) for p in parts if p["type"] == "refusal"), None)
        thoughts = [item for item in items if item["type"] == "reasoning"]
        words = "\n\n".join(filter(None, map(_words, thoughts)))
        called = [item for item in items if item["type"] == "function_call"]
        calls = [
            tool_call(number, call.get("call_id"), call["name"], call.get("arguments"))
            for number, call in enumerate(called)
        ]
        logprobs = [position for part in texts for position in part.get("logprobs") or ()]
        positions = [_position(position) for position in logprobs]
        reason = _reason(data, calls)
        failure = as_mapping(data.get("error")).get("message")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if failure:
        raise errors.invalid_reply(body, f"the model failed: {failure}", statistics)
    if not calls and (not texts or (thoughts and not text)):
        raise errors.no_text(
            reason,
            body,
            refusal=refusal,
            has_reasoning=bool(thoughts or statistics.get("reasoning_tokens")),
            output_tokens=statistics["output_tokens"][0],
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=[text or None if calls else text], statistics=statistics)
    if words:
        output["reasoning"] = [words]
    if calls:
        output["tool_calls"] = [calls]
    if positions:
        output["logprobs"] = [positions]
    return output  # type: ignore[no-any-return]


def _items(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Converts a message: its content, its calls, or the result of a call."""
    content = message.get("content")
    if message["role"] == "tool":
        call = message.get("tool_call_id")
        return [{"type": "function_call_output", "call_id": call, "output": _text(content)}]
    items: list[dict[str, Any]] = []
    if content:
        is_answer = message["role"] == "assistant"
        parts = _text(content) if is_answer or isinstance(content, str) else [*map(_part, content)]
        items.append({"role": message["role"], "content": parts})
    for call in message.get("tool_calls") or ():
        function = call["function"]
        named = {"name": function["name"], "arguments": function.get("arguments") or "{}"}
        items.append({"type": "function_call", "call_id": call.get("id"), **named})
    return items


def _text(content: Any) -> str:
    """Returns the text of an answer or a result, which has no other parts in a request."""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text") or "") for part in content or ())


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    """Converts a part of a message; parts in this protocol's format stay as they are."""
    if part.get("type") == "text":
        return {"type": "input_text", "text": part["text"]}
    if image_in(part) is None:
        return dict(part)
    image = part["image_url"]
    given = {"url": image} if isinstance(image, str) else image
    detail = {"detail": given["detail"]} if given.get("detail") else {}
    return {"type": "input_image", "image_url": given["url"], **detail}


def _tool(function: Mapping[str, Any] | None, tool: Any) -> Any:
    """Converts a tool; one of the provider's own, like a web search, stays as it is."""
    return tool if function is None else {"type": "function", **function}


def _format(given: Mapping[str, Any]) -> dict[str, Any]:
    """Converts a `response_format` of chat completions."""
    schema = given.get("json_schema")
    return {"type": "json_schema", **schema} if isinstance(schema, Mapping) else dict(given)


def _words(item: Mapping[str, Any]) -> str:
    """Returns the summary of a reasoning, or the reasoning itself where the model shows it."""
    parts: Sequence[Any] = item.get("summary") or item.get("content") or ()
    return "\n".join(str(part["text"]) for part in parts).strip()


def _position(position: Mapping[str, Any]) -> list[dict[str, Any]]:
    tops = position.get("top_logprobs") or [position]
    return [{"token": top["token"], "logprob": top["logprob"]} for top in tops]


def _reason(data: Mapping[str, Any], calls: Sequence[Any]) -> str | None:
    """Returns why the answer ended, as chat completions name it."""
    if data.get("status") == "incomplete":
        reason = as_mapping(data.get("incomplete_details")).get("reason")
        return _REASONS.get(str(reason), reason)
    return "tool_calls" if calls else "stop"


def _statistics(usage: Mapping[str, Any]) -> dict[str, list[Any]]:
    statistics: dict[str, list[Any]] = {
        "input_tokens": [token_count(usage.get("input_tokens"))],
        "output_tokens": [token_count(usage.get("output_tokens"))],
    }
    output = as_mapping(usage.get("output_tokens_details"))
    if thought := token_count(output.get("reasoning_tokens")):
        statistics["reasoning_tokens"] = [thought]
    cached = as_mapping(usage.get("input_tokens_details"))
    for name, count in CACHED:
        if tokens := token_count(cached.get(count)):
            statistics[f"cache_{name}_tokens"] = [tokens]
    return statistics
