"""The wire format of OpenAI's chat completions and completions, which most endpoints speak."""

from __future__ import annotations

from typing import Any

import orjson

from distilabel.models.wire import errors
from distilabel.models.wire.reasoning import message_reasoning
from distilabel.models.wire.reasoning import split_reasoning as split_reasoning
from distilabel.models.wire.response import Response
from distilabel.typing import GenerateOutput


def request(model: str, prompt: Any, arguments: dict[str, Any]) -> bytes:
    """The body that asks a question.

    Args:
        model: its name.
        prompt: a conversation, or text to complete.
        arguments: everything else; what is None is left out. `extra_body` is merged in.
    """
    key = "prompt" if isinstance(prompt, str) else "messages"
    body = {"model": model, key: prompt}
    for name, value in arguments.items():
        if value is not None and name != "extra_body":
            body[name] = value
    body.update(arguments.get("extra_body") or {})
    return orjson.dumps(body)


def answer(body: bytes) -> GenerateOutput:
    """The output of one question.

    Args:
        body: of a reply with status 200.

    Raises:
        AnswerError: this is no answer (retryable), or there is no text in it (retryable if the
            model gave no reason for that).
    """
    try:
        data = errors.parsed(body)
        statistics = _statistics(data.get("usage") or {})
        choices = data["choices"]
        split_reasoning = [_text(choice) for choice in choices]
        logprobs = [_logprobs(choice) for choice in choices]
        thought = statistics.get("reasoning_tokens")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.no_answer(body, error) from error
    if not choices:
        raise errors.no_answer(body, "it has no choices", statistics)
    reasoning = [words for words, _ in split_reasoning]
    # Of a model that was cut off while it thought, some servers give an empty text.
    texts = [text or None if words or thought else text for words, text in split_reasoning]
    if all(text is None for text in texts):
        message = choices[0].get("message") or {}
        raise errors.silence(
            choices[0].get("finish_reason"),
            body,
            refusal=message.get("refusal"),
            called=bool(message.get("tool_calls")),
            thought=bool(thought or any(reasoning)),
            written=statistics["output_tokens"][0] // len(choices),
            statistics=statistics,
        )
    errors.note_reasons(statistics, [choice.get("finish_reason") for choice in choices])
    output: Any = Response(generations=texts, statistics=statistics)
    if any(reasoning):
        output["reasoning"] = reasoning
    if any(item is not None for item in logprobs):
        output["logprobs"] = logprobs
    return output  # type: ignore[no-any-return]


def _text(choice: dict[str, Any]) -> tuple[str | None, str | None]:
    """The reasoning and the text of a choice."""
    if "message" not in choice:
        return split_reasoning(choice["text"])
    content = choice["message"].get("content")
    if content is not None and not isinstance(content, str):
        # Some servers answer in parts, as questions may be asked.
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return message_reasoning(choice["message"], content)


def _statistics(usage: dict[str, Any]) -> dict[str, list[Any]]:
    """What an answer took; some providers say as well what they had cached and what they charge."""
    statistics: dict[str, list[Any]] = {
        "input_tokens": [usage.get("prompt_tokens") or 0],
        "output_tokens": [usage.get("completion_tokens") or 0],
    }
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    if thought:
        statistics["reasoning_tokens"] = [thought]
    details = usage.get("prompt_tokens_details") or {}
    for name, count in (("read", "cached_tokens"), ("write", "cache_write_tokens")):
        if details.get(count):
            statistics[f"cache_{name}_tokens"] = [details[count]]
    cost = usage.get("cost")
    if isinstance(cost, (int, float)) and cost >= 0:
        # With a key of the user's own for whom the router asks, the router charges its fee alone.
        more = (usage.get("cost_details") or {}) if usage.get("is_byok") else {}
        statistics["cost"] = [cost + (more.get("upstream_inference_cost") or 0)]
    return statistics


def _logprobs(choice: dict[str, Any]) -> list[list[dict[str, Any]]] | None:
    logprobs = choice.get("logprobs") or {}
    if logprobs.get("content") is not None:  # of a chat
        return [
            [{"token": top["token"], "logprob": top["logprob"]} for top in position["top_logprobs"]]
            if position.get("top_logprobs")
            else [{"token": position["token"], "logprob": position["logprob"]}]
            for position in logprobs["content"]
        ]
    if logprobs.get("tokens") is None:
        return None
    # Of a completion: three lists side by side; the first token of an echo has no probability.
    tops = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
    return [
        [{"token": name, "logprob": value} for name, value in (top or {token: logprob}).items()]
        for token, logprob, top in zip(
            logprobs["tokens"], logprobs["token_logprobs"], tops, strict=True
        )
    ]
