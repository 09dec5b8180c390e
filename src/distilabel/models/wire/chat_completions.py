"""Wire format of OpenAI's chat completions and completions, which most endpoints speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from distilabel.models.wire import errors
from distilabel.models.wire.reasoning import message_reasoning
from distilabel.models.wire.response import Response
from distilabel.models.wire.tool_calls import tool_call
from distilabel.models.wire.usage_counts import as_mapping, dollars, token_count
from distilabel.typing import GenerateOutput

CACHED: Final = (("read", "cached_tokens"), ("write", "cache_write_tokens"))
"""Kinds of cached input tokens, and what OpenAI calls them."""
# Fields of a message that say nothing about its text, unless they are set.
_PLAIN_FIELDS: Final = frozenset({"role", "content"})


def encode_request(model: str, prompt: Any, arguments: dict[str, Any]) -> bytes:
    """Returns the body of a request.

    Args:
        model: Name of the model.
        prompt: Conversation, or text to complete, maybe as token ids.
        arguments: All other fields, without those that are None. `extra_body` is merged in.
    """
    is_text = isinstance(prompt, str) or (bool(prompt) and isinstance(prompt[0], int))
    body = (
        {"model": model, "prompt": prompt}
        if is_text
        else {"model": model, "messages": _messages(prompt)}
    )
    for name, value in arguments.items():
        if value is not None and name != "extra_body":
            body[name] = value
    body.update(arguments.get("extra_body") or {})
    return orjson.dumps(body)


def parse_response(body: bytes) -> GenerateOutput:
    """Parses the body of a reply with status 200.

    Args:
        body: Body of the reply.

    Returns:
        The output, a `Response`.

    Raises:
        AnswerError: The body is invalid (retryable), or has no text (retryable if the finish reason
            does not explain it).
    """
    try:
        data = errors.parse_json(body)
        statistics = _statistics(as_mapping(data.get("usage")))
        choices = data["choices"]
        text = _plain_text(choices)
        if text and "reasoning_tokens" not in statistics:
            errors.add_finish_reasons(statistics, [choices[0].get("finish_reason")])
            plain: Any = Response(generations=[text], statistics=statistics)
            return plain  # type: ignore[no-any-return]
        parts = [_reasoning_and_text(choice) for choice in choices]
        logprobs = [_logprobs(choice) for choice in choices]
        reasoning_tokens = statistics.get("reasoning_tokens")
        calls = [_tool_calls(choice) for choice in choices]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if not choices:
        raise errors.invalid_reply(body, "it has no choices", statistics)
    reasoning = [words for words, _ in parts]
    # If the model was cut off while reasoning, some servers return an empty text.
    texts = [text or None if words or reasoning_tokens else text for words, text in parts]
    texts = [text or None if call else text for text, call in zip(texts, calls, strict=True)]
    if all(text is None for text in texts) and not any(calls):
        message = choices[0].get("message") or {}
        raise errors.no_text(
            choices[0].get("finish_reason"),
            body,
            refusal=message.get("refusal"),
            has_reasoning=bool(reasoning_tokens or any(reasoning)),
            output_tokens=statistics["output_tokens"][0] // len(choices),
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [choice.get("finish_reason") for choice in choices])
    output: Any = Response(generations=texts, statistics=statistics)
    if any(reasoning):
        output["reasoning"] = reasoning
    if any(calls):
        output["tool_calls"] = calls
    if any(item is not None for item in logprobs):
        output["logprobs"] = logprobs
    return output  # type: ignore[no-any-return]


def _plain_text(choices: Any) -> str | None:
    """Returns the text of a reply with one choice that has a text and nothing else.

    Nearly all replies are of this kind; what follows for the others takes longer than the rest.
    """
    if len(choices) != 1 or choices[0].get("logprobs") is not None:
        return None
    message = choices[0].get("message")
    if not isinstance(message, dict):
        return None
    for name, value in message.items():
        if value and name not in _PLAIN_FIELDS:
            return None
    text = message.get("content")
    return text if isinstance(text, str) else None


def _messages(chat: Any) -> Any:
    """Returns a conversation without keys that are None.

    Rows that were stored as Arrow have every key in every message.
    """
    if not any(len(message) > 2 for message in chat):
        return chat
    return [
        {key: value for key, value in message.items() if value is not None or key == "content"}
        for message in chat
    ]


def _tool_calls(choice: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Returns the tool calls of a choice; None if it has none."""
    calls = (choice.get("message") or {}).get("tool_calls")
    if not calls:
        return None
    return [_tool_call(number, call) for number, call in enumerate(calls)]


def _tool_call(number: int, call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    found = tool_call(number, call.get("id"), function["name"], function.get("arguments"))
    # What Gemini wants back with the result of the call.
    extra = call.get("extra_content")
    return {**found, "extra_content": extra} if extra else found


def _reasoning_and_text(choice: dict[str, Any]) -> tuple[str | None, str | None]:
    if "message" not in choice:
        return None, choice["text"]
    content = choice["message"].get("content")
    if content is not None and not isinstance(content, str):
        # Some servers return a list of parts, as in a prompt.
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return message_reasoning(choice["message"], content)


def _statistics(usage: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Returns tokens and, if the provider reports them, cached tokens and the cost."""
    statistics: dict[str, list[Any]] = {
        "input_tokens": [token_count(usage.get("prompt_tokens"))],
        "output_tokens": [token_count(usage.get("completion_tokens"))],
    }
    details = usage.get("completion_tokens_details")
    if details and (tokens := token_count(as_mapping(details).get("reasoning_tokens"))):
        statistics["reasoning_tokens"] = [tokens]
    details = usage.get("prompt_tokens_details")
    for name, count in CACHED if details else ():
        if tokens := token_count(as_mapping(details).get(count)):
            statistics[f"cache_{name}_tokens"] = [tokens]
    cost = usage.get("cost")
    if cost is not None and (cost := dollars(cost)) is not None:
        # If the user brings a provider's key, the router reports its own fee only.
        more = as_mapping(usage.get("cost_details")) if usage.get("is_byok") else {}
        statistics["cost"] = [cost + (dollars(more.get("upstream_inference_cost")) or 0)]
    return statistics


def _logprobs(choice: dict[str, Any]) -> list[list[dict[str, Any]]] | None:
    logprobs = choice.get("logprobs") or {}
    if logprobs.get("content") is not None:  # chat completion
        return [
            [{"token": top["token"], "logprob": top["logprob"]} for top in position["top_logprobs"]]
            if position.get("top_logprobs")
            else [{"token": position["token"], "logprob": position["logprob"]}]
            for position in logprobs["content"]
        ]
    if logprobs.get("tokens") is None:
        return None
    # Completion: three parallel lists. The first token of an echo has no probability.
    tops = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
    return [
        [{"token": name, "logprob": value} for name, value in (top or {token: logprob}).items()]
        for token, logprob, top in zip(
            logprobs["tokens"], logprobs["token_logprobs"], tops, strict=True
        )
    ]
