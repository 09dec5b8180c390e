"""The wire format of OpenAI's chat completions and completions, which most endpoints speak."""

from __future__ import annotations

from typing import Any

import orjson

from distilabel.errors import AnswerError
from distilabel.models.wire import replies
from distilabel.models.wire.bodies import as_json
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
    return as_json(body)


def answer(body: bytes) -> GenerateOutput:
    """The output of one question.

    Args:
        body: of a reply with status 200.

    Raises:
        AnswerError: this is no answer (retryable), or there is no text in it (retryable if the
            model gave no reason for that).
    """
    try:
        data = orjson.loads(body)
        choices = data["choices"]
        texts = [_text(choice) for choice in choices]
        logprobs = [_logprobs(choice) for choice in choices]
        usage = data.get("usage") or {}
        read, written = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise replies.no_answer(body, error) from error
    if not choices:
        raise replies.no_answer(body, "it has no choices")
    if all(text is None for text in texts):
        raise _silence(choices[0], body)
    output: Any = {
        "generations": texts,
        "statistics": {"input_tokens": [read], "output_tokens": [written]},
    }
    reasons = [choice.get("finish_reason") for choice in choices]
    if any(reason not in (None, "stop") for reason in reasons):
        output["statistics"]["finish_reason"] = reasons
    if any(item is not None for item in logprobs):
        output["logprobs"] = logprobs
    return output  # type: ignore[no-any-return]


def _text(choice: dict[str, Any]) -> str | None:
    content = choice["message"].get("content") if "message" in choice else choice["text"]
    if content is None or isinstance(content, str):
        return content
    # Some servers answer in parts, as questions may be asked.
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _silence(choice: dict[str, Any], body: bytes) -> AnswerError:
    reason = choice.get("finish_reason")
    message = choice.get("message") or {}
    refusal, calls = message.get("refusal"), message.get("tool_calls")
    words = f"the model gave no text (finish reason: {reason})"
    if refusal:
        words += f" and refused: {refusal}"
    elif calls:
        words += " but called a tool"
    return AnswerError(
        words,
        # Cut off, filtered, refused, a tool called: the same would happen again.
        retryable=reason in (None, "stop") and not refusal and not calls,
        raw=replies.shown(body),
    )


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
