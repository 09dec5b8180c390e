"""Wire format of Anthropic: messages."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from distilabel._simulated.answers.answer import Answer
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.server.wire_formats.request_body import (
    MAX_TOKENS,
    chat_messages,
    integer,
    model_id,
    stop_sequences,
)

_ERROR_TYPES = {
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

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request."""
        model = model_id(body)
        messages = chat_messages(body)
        if unknown := {message.get("role") for message in messages} - {"user", "assistant"}:
            raise ValueError(f"messages: role must be 'user' or 'assistant', not {unknown.pop()!r}")
        max_tokens = integer(body, "max_tokens", 1, MAX_TOKENS)
        if max_tokens is None:
            raise ValueError("max_tokens: Field required")
        if body.get("system"):
            messages = [{"role": "system", "content": body["system"]}, *messages]
        return AnswerRequest(
            model=model,
            chats=[messages],
            max_tokens=max_tokens,
            stop=stop_sequences(body, "stop_sequences"),
            tool=_tool(body, messages),
        )

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response. Without answers, its content is empty."""
        answer = answers[0] if answers else Answer(None)
        output_tokens = answer.tokens
        content: list[dict[str, object]] = []
        reason = "stop_sequence" if answer.stop_sequence else _STOP_REASONS[answer.finish_reason]
        if answer.reasoning is not None and not answer.reasoning_form.startswith("think"):
            content.append({"type": "thinking", "thinking": answer.reasoning, "signature": "none"})
            answer = replace(answer, reasoning=None)
        if answer.text is not None and request.tool is not None:
            content.append(_tool_use(request.tool, answer))
            reason = "tool_use" if reason == "end_turn" else reason
        elif answer.text_with_reasoning is not None:
            content.append({"type": "text", "text": answer.text_with_reasoning})
        return {
            "id": f"msg_{next(_ids)}",
            "type": "message",
            "role": "assistant",
            "model": request.model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": answer.stop_sequence,
            "usage": {"input_tokens": request.input_tokens, "output_tokens": output_tokens},
        }

    def format_error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Formats the body of an error."""
        kind = _ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}}


def _tool(
    body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Returns the tool that the model must call, or the first if it may choose one.

    If it may choose, it does not call one again after a result.
    """
    tools = body.get("tools") or []
    if not tools and not body.get("tool_choice"):
        return None
    match body.get("tool_choice"):
        case {"type": "none"}:
            return None
        case None | {"type": "auto"} if _has_result(messages[-1]):
            return None
        case {"type": "tool", "name": name}:
            tools = [tool for tool in tools if tool.get("name") == name]
    match tools:
        case [{"name": str(), "input_schema": {"type": "object"}} as tool, *_]:
            return dict(tool)
    raise ValueError("'tools' must include the chosen tool, with its 'name' and 'input_schema'")


def _has_result(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(part, Mapping) and part.get("type") == "tool_result" for part in content
    )


def _tool_use(tool: Mapping[str, Any], answer: Answer) -> dict[str, object]:
    try:
        tool_input = orjson.loads(answer.text or "")
    except orjson.JSONDecodeError:
        # Cut off by the maximum of tokens: an unfinished input is left out.
        tool_input = {}
    return {
        "type": "tool_use",
        "id": f"toolu_{next(_ids)}",
        "name": tool["name"],
        "input": tool_input,
    }
