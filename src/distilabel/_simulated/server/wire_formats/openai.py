"""Wire formats of OpenAI: chat completions and completions."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from distilabel._simulated.answers.answer import Answer
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.answers.text import ANY_OBJECT, CHARACTERS_PER_TOKEN
from distilabel._simulated.answers.tools import chosen_tool, tool_call
from distilabel._simulated.server.wire_formats.request_body import (
    MAX_TOKENS,
    chat_messages,
    integer,
    openai_fields,
    single_message,
)

_ids = itertools.count(1)


class _OpenAI:
    def format_error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        if status == 429:
            kind = "rate_limit_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def _envelope(
        self, prefix: str, kind: str, request: AnswerRequest, answers: Sequence[Answer]
    ) -> dict[str, Any]:
        input_tokens, output_tokens = request.input_tokens, sum(each.tokens for each in answers)
        usage: dict[str, Any] = {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        }
        if reasoning_tokens := sum(answer.reasoning_tokens for answer in answers):
            usage["completion_tokens_details"] = {"reasoning_tokens": reasoning_tokens}
        return {
            "id": f"{prefix}-{next(_ids)}",
            "object": kind,
            "created": int(time.time()),
            "model": request.model,
            "usage": usage,
        }


class ChatCompletions(_OpenAI):
    """`/chat/completions` of OpenAI."""

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request."""
        messages = chat_messages(body)
        limit = "max_completion_tokens" if body.get("max_completion_tokens") else "max_tokens"
        logprobs = integer(body, "top_logprobs", 0, 20) or 0 if body.get("logprobs") else None
        return AnswerRequest(
            chats=[messages],
            max_tokens=integer(body, limit, 1, MAX_TOKENS),
            schema=schema_of(body.get("response_format")),
            logprobs=logprobs,
            tool=chosen_tool(body.get("tools"), body.get("tool_choice"), messages),
            **openai_fields(body),
        )

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response."""
        response = self._envelope("chatcmpl", "chat.completion", request, answers)
        response["choices"] = [
            {
                "index": index,
                "message": _message(answer, request, index),
                "logprobs": chat_logprobs(answer, request.logprobs),
                "finish_reason": "tool_calls"
                if request.tool is not None and answer.finish_reason == "stop"
                else answer.finish_reason,
            }
            for index, answer in enumerate(answers)
        ]
        return response


class Completions(_OpenAI):
    """`/completions` of OpenAI."""

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request."""
        prompts = body.get("prompt")
        prompts = [prompts] if isinstance(prompts, str) else prompts
        is_list = isinstance(prompts, list) and all(isinstance(text, str) for text in prompts)
        if not prompts or not is_list:
            raise ValueError("'prompt' must be a string or a list of at least one string")
        return AnswerRequest(
            chats=[single_message(text) for text in prompts],
            max_tokens=integer(body, "max_tokens", 1, MAX_TOKENS),
            logprobs=integer(body, "logprobs", 0, 20),
            **openai_fields(body),
        )

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response."""
        response = self._envelope("cmpl", "text_completion", request, answers)
        response["choices"] = [
            {
                "index": index,
                "text": answer.text_with_reasoning,
                "logprobs": _completion_logprobs(answer, request.logprobs),
                "finish_reason": answer.finish_reason,
            }
            for index, answer in enumerate(answers)
        ]
        return response


def schema_of(response_format: Any) -> Mapping[str, Any] | None:
    """Returns the JSON schema that a `response_format` demands; None for any text.

    Raises:
        ValueError: It is not valid.
    """
    match response_format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return ANY_OBJECT
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
    raise ValueError(
        "'response_format' must have the type 'text', 'json_object', or 'json_schema' with its "
        "schema under 'json_schema.schema'"
    )


def _message(answer: Answer, request: AnswerRequest, index: int) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": answer.text, "refusal": None}
    if request.tool is not None:
        seed = f"{len(request.chats[0])} {index}"
        message["tool_calls"] = [tool_call(request.tool, answer.text, seed)]
        answer = replace(answer, text=None)
        message["content"] = None
    if answer.reasoning is None:
        return message
    if answer.reasoning_form.startswith("think"):
        return {**message, "content": answer.text_with_reasoning}
    reasoning: object = answer.reasoning
    if answer.reasoning_form == "reasoning_details":
        reasoning = [{"type": "reasoning.text", "text": answer.reasoning, "index": 0}]
    return {**message, answer.reasoning_form: reasoning}


def _tokens(answer: Answer) -> list[str]:
    text = answer.text or ""
    starts = range(0, len(text), CHARACTERS_PER_TOKEN)
    return [text[start : start + CHARACTERS_PER_TOKEN] for start in starts]


def _logprob(token: str) -> float:
    return -(sum(token.encode()) % 97 + 1) / 100


def _alternatives(token: str, count: int) -> dict[str, float]:
    first = _logprob(token)
    others = {f"{token}{rank}": first - rank for rank in range(1, count)}
    return {token: first, **others} if count else {}


def chat_logprobs(answer: Answer, count: int | None) -> dict[str, Any] | None:
    """Returns the log-probabilities of an answer; None if they were not asked for."""
    if count is None:
        return None
    content = [
        {
            **_token_logprob(token, _logprob(token)),
            "top_logprobs": [_token_logprob(*pair) for pair in _alternatives(token, count).items()],
        }
        for token in _tokens(answer)
    ]
    return {"content": content, "refusal": None}


def _token_logprob(token: str, logprob: float) -> dict[str, object]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _completion_logprobs(answer: Answer, count: int | None) -> object:
    if count is None:
        return None
    tokens = _tokens(answer)
    return {
        "tokens": tokens,
        "token_logprobs": [_logprob(token) for token in tokens],
        "top_logprobs": [_alternatives(token, count) for token in tokens],
        "text_offset": [number * CHARACTERS_PER_TOKEN for number in range(len(tokens))],
    }
