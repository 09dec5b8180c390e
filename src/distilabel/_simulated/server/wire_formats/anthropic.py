"""Anthropic's messages as a simulated server speaks them; knows no server."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from distilabel._simulated.answers.answer import Answer, AnswerRequest
from distilabel._simulated.server.wire_formats.request_body import (
    MOST_TOKENS,
    chat_of,
    integer,
    model_of,
    stops,
)

_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}

_ids = itertools.count(1)


class Messages:
    """`/messages` of Anthropic."""

    def read(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Reads a request."""
        model = model_of(body)
        messages = chat_of(body)
        if strange := {message.get("role") for message in messages} - {"user", "assistant"}:
            raise ValueError(f"messages: a role is 'user' or 'assistant', not {strange.pop()!r}")
        max_tokens = integer(body, "max_tokens", 1, MOST_TOKENS)
        if max_tokens is None:
            raise ValueError("max_tokens: Field required")
        if body.get("system"):
            messages = [{"role": "system", "content": body["system"]}, *messages]
        return AnswerRequest(
            model=model,
            chats=[messages],
            max_tokens=max_tokens,
            stop=stops(body, "stop_sequences"),
            tool=_tool(body),
        )

    def write(self, ask: AnswerRequest, answers: Sequence[Answer]) -> Mapping[str, object]:
        """Writes the answer; without one, a message without content."""
        answer = answers[0] if answers else Answer(None)
        tokens = answer.tokens
        content: list[dict[str, object]] = []
        reason = "stop_sequence" if answer.stopped_by else _STOP_REASONS[answer.finish_reason]
        if answer.reasoning is not None and not answer.form.startswith("think"):
            content.append({"type": "thinking", "thinking": answer.reasoning, "signature": "none"})
            answer = replace(answer, reasoning=None)
        if answer.text is not None and ask.tool is not None:
            content.append(_use(ask.tool, answer))
            reason = "tool_use" if reason == "end_turn" else reason
        elif answer.in_one is not None:
            content.append({"type": "text", "text": answer.in_one})
        return {
            "id": f"msg_{next(_ids)}",
            "type": "message",
            "role": "assistant",
            "model": ask.model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": answer.stopped_by,
            "usage": {"input_tokens": ask.input_tokens, "output_tokens": tokens},
        }

    def error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Writes an error."""
        kind = _ERRORS.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}}


def _tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The tool that the model has to use, or of several it may use the first."""
    tools = body.get("tools") or []
    match body.get("tool_choice"):
        case None | {"type": "none"}:
            return None
        case {"type": "tool", "name": name}:
            tools = [tool for tool in tools if tool.get("name") == name]
    match tools:
        case [{"name": str(), "input_schema": {"type": "object"}} as tool, *_]:
            return dict(tool)
    raise ValueError("'tools' must hold the chosen tool, with its name and its input_schema")


def _use(tool: Mapping[str, Any], answer: Answer) -> dict[str, object]:
    try:
        given = orjson.loads(answer.text or "")
    except orjson.JSONDecodeError:
        # Cut off: what was not finished is not there.
        given = {}
    return {"type": "tool_use", "id": f"toolu_{next(_ids)}", "name": tool["name"], "input": given}
