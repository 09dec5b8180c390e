"""The wire formats a simulated server speaks: requests read, answers written; knows no server."""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from distilabel._simulated.answers.answer import Answer, AnswerRequest
from distilabel._simulated.answers.text import ANY_OBJECT, CHARACTERS_PER_TOKEN
from distilabel._simulated.server.wire_formats.request_body import (
    MOST_TOKENS,
    chat_of,
    common,
    integer,
    stops,
)

_TGI_FINISH = {"stop": "eos_token", "length": "length", "content_filter": "eos_token"}

_ids = itertools.count(1)


class Dialect(Protocol):
    """One wire format."""

    def read(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Reads a request.

        Raises:
            ValueError: The request is not understood; the message says what is.
        """

    def write(self, ask: AnswerRequest, answers: Sequence[Answer]) -> Mapping[str, object]:
        """Writes the answers; no answers stand for a reply that lost its choices."""

    def error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Writes an error."""


class _OpenAI:
    def error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        if status == 429:
            kind = "rate_limit_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def _head(
        self, prefix: str, kind: str, ask: AnswerRequest, answers: Sequence[Answer]
    ) -> dict[str, Any]:
        read, written = ask.input_tokens, sum(answer.tokens for answer in answers)
        usage: dict[str, Any] = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }
        if thought := sum(answer.reasoning_tokens for answer in answers):
            usage["completion_tokens_details"] = {"reasoning_tokens": thought}
        return {
            "id": f"{prefix}-{next(_ids)}",
            "object": kind,
            "created": int(time.time()),
            "model": ask.model,
            "usage": usage,
        }


class ChatCompletions(_OpenAI):
    """`/chat/completions` of OpenAI."""

    def read(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Reads a request."""
        messages = chat_of(body)
        limit = "max_completion_tokens" if body.get("max_completion_tokens") else "max_tokens"
        logprobs = integer(body, "top_logprobs", 0, 20) or 0 if body.get("logprobs") else None
        return AnswerRequest(
            chats=[messages],
            max_tokens=integer(body, limit, 1, MOST_TOKENS),
            schema=_schema(body.get("response_format")),
            logprobs=logprobs,
            **common(body),
        )

    def write(self, ask: AnswerRequest, answers: Sequence[Answer]) -> Mapping[str, object]:
        """Writes the answers."""
        reply = self._head("chatcmpl", "chat.completion", ask, answers)
        reply["choices"] = [
            {
                "index": index,
                "message": _message(answer),
                "logprobs": _chat_logprobs(answer, ask.logprobs),
                "finish_reason": answer.finish_reason,
            }
            for index, answer in enumerate(answers)
        ]
        return reply


class Completions(_OpenAI):
    """`/completions` of OpenAI."""

    def read(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Reads a request."""
        prompts = body.get("prompt")
        prompts = [prompts] if isinstance(prompts, str) else prompts
        is_list = isinstance(prompts, list) and all(isinstance(text, str) for text in prompts)
        if not prompts or not is_list:
            raise ValueError("'prompt' must be a text or a list of at least one text")
        return AnswerRequest(
            chats=[_chat(text) for text in prompts],
            max_tokens=integer(body, "max_tokens", 1, MOST_TOKENS),
            logprobs=integer(body, "logprobs", 0, 20),
            **common(body),
        )

    def write(self, ask: AnswerRequest, answers: Sequence[Answer]) -> Mapping[str, object]:
        """Writes the answers."""
        reply = self._head("cmpl", "text_completion", ask, answers)
        reply["choices"] = [
            {
                "index": index,
                "text": answer.in_one,
                "logprobs": _completion_logprobs(answer, ask.logprobs),
                "finish_reason": answer.finish_reason,
            }
            for index, answer in enumerate(answers)
        ]
        return reply


class Generate:
    """`/generate` of Text Generation Inference.

    Args:
        model: The id of the model that answers: these requests name none.
    """

    def __init__(self, model: str) -> None:
        self._model = model

    def read(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Reads a request."""
        inputs, parameters = body.get("inputs"), body.get("parameters") or {}
        if not isinstance(inputs, str) or not inputs:
            raise ValueError("'inputs' must be a text of at least one character")
        if not isinstance(parameters, Mapping):
            raise ValueError("'parameters' must be an object")
        schema, pattern = _grammar(parameters.get("grammar"))
        return AnswerRequest(
            model=self._model,
            chats=[_chat(inputs)],
            max_tokens=integer(parameters, "max_new_tokens", 1, MOST_TOKENS),
            stop=stops(parameters, "stop"),
            seed=integer(parameters, "seed", 0, 2**64),
            schema=schema,
            pattern=pattern,
        )

    def write(self, ask: AnswerRequest, answers: Sequence[Answer]) -> Mapping[str, object]:
        """Writes the answer."""
        if not answers:
            return {}
        answer = answers[0]
        finish = "stop_sequence" if answer.stopped_by else _TGI_FINISH[answer.finish_reason]
        return {
            "generated_text": answer.in_one,
            "details": {
                "finish_reason": finish,
                "generated_tokens": answer.tokens,
                "seed": ask.seed,
                "prefill": [],
            },
        }

    def error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Writes an error."""
        kind = {400: "validation", 422: "validation", 429: "overloaded"}.get(status, "generation")
        return {"error": message, "error_type": kind}


def _chat(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _schema(response_format: Any) -> Mapping[str, Any] | None:
    match response_format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return ANY_OBJECT
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
    raise ValueError(
        "'response_format' must have the type 'text', 'json_object', or 'json_schema' with "
        "its schema under 'json_schema.schema'"
    )


def _grammar(grammar: Any) -> tuple[Mapping[str, Any] | None, str | None]:
    match grammar:
        case None:
            return None, None
        case {"type": "json", "value": dict(schema)}:
            return schema, None
        case {"type": "regex", "value": str(pattern)}:
            return None, pattern
    raise ValueError("'grammar' must have the type 'json' or 'regex' and its 'value'")


def _message(answer: Answer) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.reasoning is None:
        return message
    if answer.form.startswith("think"):
        return {**message, "content": answer.in_one}
    shown: object = answer.reasoning
    if answer.form == "reasoning_details":
        shown = [{"type": "reasoning.text", "text": answer.reasoning, "index": 0}]
    return {**message, answer.form: shown}


def _pieces(answer: Answer) -> list[str]:
    text = answer.text or ""
    starts = range(0, len(text), CHARACTERS_PER_TOKEN)
    return [text[start : start + CHARACTERS_PER_TOKEN] for start in starts]


def _logprob(piece: str) -> float:
    return -(sum(piece.encode()) % 97 + 1) / 100


def _alternatives(piece: str, count: int) -> dict[str, float]:
    first = _logprob(piece)
    others = {f"{piece}{rank}": first - rank for rank in range(1, count)}
    return {piece: first, **others} if count else {}


def _chat_logprobs(answer: Answer, count: int | None) -> object:
    if count is None:
        return None
    content = [
        {
            **_token(piece, _logprob(piece)),
            "top_logprobs": [_token(*pair) for pair in _alternatives(piece, count).items()],
        }
        for piece in _pieces(answer)
    ]
    return {"content": content, "refusal": None}


def _token(text: str, logprob: float) -> dict[str, object]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode())}


def _completion_logprobs(answer: Answer, count: int | None) -> object:
    if count is None:
        return None
    pieces = _pieces(answer)
    return {
        "tokens": pieces,
        "token_logprobs": [_logprob(piece) for piece in pieces],
        "top_logprobs": [_alternatives(piece, count) for piece in pieces],
        "text_offset": [number * CHARACTERS_PER_TOKEN for number in range(len(pieces))],
    }
