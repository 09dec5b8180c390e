"""Wire format of OpenAI's responses."""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from distilabel._simulated.answers.answer import Answer
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.answers.tools import chosen_tool, tool_call
from distilabel._simulated.server.wire_formats.openai import (
    ChatCompletions,
    chat_logprobs,
    schema_of,
)
from distilabel._simulated.server.wire_formats.request_body import (
    MAX_TOKENS,
    chat_messages,
    integer,
    model_id,
    single_message,
)

_ids = itertools.count(1)
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Responses(ChatCompletions):
    """`/responses` of OpenAI; errors are those of chat completions."""

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request."""
        given = body.get("input")
        items = single_message(given) if isinstance(given, str) else given
        messages = [_message(item) for item in chat_messages({"messages": items})]
        if body.get("instructions"):
            messages = [{"role": "system", "content": body["instructions"]}, *messages]
        wanted = "message.output_text.logprobs" in (body.get("include") or ())
        return AnswerRequest(
            model=model_id(body),
            chats=[messages],
            max_tokens=integer(body, "max_output_tokens", 1, MAX_TOKENS),
            schema=_schema((body.get("text") or {}).get("format")),
            logprobs=integer(body, "top_logprobs", 0, 20) or 0 if wanted else None,
            tool=chosen_tool(
                [{"function": tool} for tool in body.get("tools") or ()],
                _choice(body.get("tool_choice")),
                messages,
            ),
        )

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response. Without answers, it has no output."""
        output = [item for answer in answers for item in _items(answer, request)]
        reason = _INCOMPLETE.get(answers[0].finish_reason) if answers else None
        input_tokens = request.input_tokens
        output_tokens = sum(answer.tokens for answer in answers)
        return {
            "id": f"resp_{next(_ids)}",
            "object": "response",
            "created_at": int(time.time()),
            "status": "incomplete" if reason else "completed",
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": request.model,
            "output": output,
            # OpenAI's own client requires these fields.
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": input_tokens,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": output_tokens,
                "output_tokens_details": {
                    "reasoning_tokens": sum(answer.reasoning_tokens for answer in answers)
                },
                "total_tokens": input_tokens + output_tokens,
            },
        }


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    """Converts an item of the input to a message of chat completions."""
    match item.get("type"):
        case "function_call":
            return {"role": "assistant", "content": None, "tool_calls": [dict(item)]}
        case "function_call_output":
            call = item.get("call_id")
            return {"role": "tool", "tool_call_id": call, "content": item.get("output")}
    content = item.get("content")
    if isinstance(content, list):
        content = [_part(part) for part in content]
    return {"role": item.get("role"), "content": content}


def _part(part: Any) -> Any:
    is_text = isinstance(part, Mapping) and part.get("type") in ("input_text", "output_text")
    return {"type": "text", "text": part["text"]} if is_text else part


def _schema(given: Any) -> Mapping[str, Any] | None:
    is_schema = isinstance(given, Mapping) and given.get("type") == "json_schema"
    return schema_of({"type": "json_schema", "json_schema": given} if is_schema else given)


def _choice(given: Any) -> Any:
    return {"function": given} if isinstance(given, Mapping) else given


def _items(answer: Answer, request: AnswerRequest) -> list[dict[str, Any]]:
    """Returns the items of an answer: its reasoning, and a call or a message."""
    items: list[dict[str, Any]] = []
    is_apart = answer.reasoning is not None and not answer.reasoning_form.startswith("think")
    if is_apart:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        items.append({"type": "reasoning", "id": f"rs_{next(_ids)}", "summary": summary})
    if request.tool is not None:
        call = tool_call(request.tool, answer.text, str(len(request.chats[0])))
        named = {"type": "function_call", "call_id": call["id"], **call["function"]}
        return [*items, {**named, "id": f"fc_{next(_ids)}", "status": "completed"}]
    text = answer.text if is_apart else answer.text_with_reasoning
    if text is not None:
        part = {"type": "output_text", "text": text, "annotations": []}
        logprobs = chat_logprobs(answer, request.logprobs)
        if logprobs is not None:
            part["logprobs"] = logprobs["content"]
        message = {"type": "message", "id": f"msg_{next(_ids)}", "role": "assistant"}
        items.append({**message, "status": "completed", "content": [part]})
    return items
