"""Wire format of Google's `generateContent`, of the Gemini API and Vertex AI."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire import errors
from distilabel.models.wire.image_part import image_in
from distilabel.models.wire.response import Response
from distilabel.models.wire.structure import Structure
from distilabel.models.wire.tool_calls import (
    arguments_of,
    called_names,
    chosen_name,
    functions,
    schema_of,
    tool_call,
)
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

_ROLES: Final = {"user": "user", "tool": "user", "model": "model", "assistant": "model"}
_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
# Arguments → fields of the configuration.
_CONFIG: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "stop_sequences": "stopSequences",
}
# Finish reasons as chat completions name them. All others are named as they are.
_REASONS: Final = {"STOP": "stop", "MAX_TOKENS": "length"}
_FILTERED: Final = frozenset(
    {"BLOCKLIST", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "RECITATION", "SAFETY", "SPII"}
)


def encode_request(
    messages: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    structure: Structure | None = None,
) -> bytes:
    """Returns the body of a request; the model is part of the address.

    Args:
        messages: Conversation, with the roles of chat completions or Google's. System messages
            become the instruction of the system.
        arguments: Arguments of the configuration, `safety_settings` (category → threshold),
            `tools`, `tool_choice`, and `extra_body`, which is merged in.
        structure: What the answer has to follow; JSON schemas and choices are supported.

    Raises:
        AnswerError: A message has an unknown role.
        DistilabelUserError: The structure is not supported.
    """
    config = {
        field: arguments[name] for name, field in _CONFIG.items() if arguments.get(name) is not None
    }
    if structure is not None:
        config |= _response_config(structure)
    system = [message for message in messages if message["role"] == "system"]
    names = called_names(messages)
    turns = [pair for pair in zip(messages, names, strict=True) if pair[0]["role"] != "system"]
    body: dict[str, Any] = {"contents": _contents(turns)}
    if system:
        parts = [part for message in system for part in _parts(message["content"])]
        body["systemInstruction"] = {"parts": parts}
    if arguments.get("safety_settings"):
        body["safetySettings"] = [
            {"category": _name(category), "threshold": _name(threshold)}
            for category, threshold in arguments["safety_settings"].items()
        ]
    if arguments.get("tools"):
        body["tools"] = _tools(arguments["tools"])
        if arguments.get("tool_choice"):
            body["toolConfig"] = {"functionCallingConfig": _calling(arguments["tool_choice"])}
    extra = dict(arguments.get("extra_body") or {})
    config |= extra.pop("generationConfig", {})
    if config:
        body["generationConfig"] = config
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
        statistics = _statistics(as_mapping(data.get("usageMetadata")))
        blocked = as_mapping(data.get("promptFeedback")).get("blockReason")
        candidates = data.get("candidates") or []
        first = candidates[0] if candidates else {}
        parts = as_mapping(first.get("content")).get("parts") or []
        thoughts = [str(each["text"]) for each in parts if each.get("thought") and "text" in each]
        texts = [str(each["text"]) for each in parts if "text" in each and not each.get("thought")]
        calls = [_call(*each) for each in enumerate(p for p in parts if "functionCall" in p)]
        reason = _reason(first.get("finishReason"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if not candidates and not blocked:
        raise errors.invalid_reply(body, "it has no candidates", statistics)
    if not texts and not calls:
        raise errors.no_text(
            "content_filter" if blocked else reason,
            body,
            refusal=f"the prompt was blocked ({blocked})" if blocked else None,
            has_reasoning=bool(thoughts or statistics.get("reasoning_tokens")),
            output_tokens=statistics["output_tokens"][0],
            limit="max_output_tokens",
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    text = "".join(texts)
    output: Any = Response(generations=[text or None if calls else text], statistics=statistics)
    if thoughts:
        output["reasoning"] = ["".join(thoughts).strip()]
    if calls:
        output["tool_calls"] = [calls]
    return output  # type: ignore[no-any-return]


def _contents(turns: Sequence[tuple[Mapping[str, Any], str]]) -> list[dict[str, Any]]:
    """Converts messages; the results of several calls are one message.

    Args:
        turns: Messages, and for each the tool whose result it is.
    """
    contents: list[dict[str, Any]] = []
    was_result = False
    for message, tool in turns:
        role = _ROLES.get(message["role"])
        if role is None:
            raise AnswerError(
                f"a message has the role {message['role']!r}. Use 'system', 'user', 'tool', and "
                "'assistant' or 'model'."
            )
        is_result = message["role"] == "tool"
        if is_result:
            parts = [_result(message, tool)]
        else:
            calls = [_called(call) for call in message.get("tool_calls") or ()]
            content = message.get("content") or ""
            parts = calls if calls and not content else [*_parts(content), *calls]
        if is_result and was_result:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
        was_result = is_result
    return contents


def _tools(given: Sequence[Any]) -> list[Any]:
    """Converts tools; those in this protocol's format stay as they are."""
    tools = [tool for function, tool in functions(given) if function is None]
    declared = [
        {
            **{key: function[key] for key in ("name", "description") if function.get(key)},
            "parametersJsonSchema": schema_of(function),
        }
        for function, _ in functions(given)
        if function is not None
    ]
    return [*tools, {"functionDeclarations": declared}] if declared else tools


def _calling(choice: Any) -> Any:
    if isinstance(choice, str):
        return {"mode": _MODES.get(choice, choice)}
    name = chosen_name(choice)
    return choice if name is None else {"mode": "ANY", "allowedFunctionNames": [name]}


def _called(call: Mapping[str, Any]) -> dict[str, Any]:
    part = {"functionCall": {"name": call["function"]["name"], "args": arguments_of(call)}}
    google = as_mapping(as_mapping(call.get("extra_content")).get("google"))
    signature = google.get("thought_signature")
    return {**part, "thoughtSignature": signature} if signature else part


def _result(message: Mapping[str, Any], tool: str) -> dict[str, Any]:
    content = message.get("content")
    if not isinstance(content, str):
        content = "".join(str(part.get("text") or "") for part in content or ())
    return {"functionResponse": {"name": tool, "response": {"output": content}}}


def _call(number: int, part: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the tool call in a part, with the signature that the model wants back."""
    function = part["functionCall"]
    call = tool_call(number, function.get("id"), function["name"], function.get("args"))
    signature = part.get("thoughtSignature")
    extra = {"extra_content": {"google": {"thought_signature": signature}}}
    return {**call, **extra} if signature else call


def _parts(content: Any) -> list[dict[str, Any]]:
    return [{"text": content}] if isinstance(content, str) else [_part(part) for part in content]


def _part(part: Any) -> dict[str, Any]:
    """Converts a part of a message; parts in this protocol's format stay as they are."""
    image = image_in(part)
    if image is None:
        return {"text": part["text"]} if part.get("type") == "text" else dict(part)
    if image.data:
        return {"inlineData": {"mimeType": image.kind, "data": image.data}}
    kind = mimetypes.guess_type(urlsplit(image.url).path)[0] or "image/jpeg"
    return {"fileData": {"mimeType": kind, "fileUri": image.url}}


def _response_config(structure: Structure) -> dict[str, Any]:
    if structure.kind == "json":
        return {"responseMimeType": "application/json", "responseJsonSchema": structure.value}
    if structure.kind == "choice":
        schema = {"type": "STRING", "enum": structure.value}
        return {"responseMimeType": "text/x.enum", "responseSchema": schema}
    raise DistilabelUserError(
        f"structured_output: Gemini supports the formats 'json' and 'choice', not "
        f"{structure.kind!r}."
    )


def _name(value: Any) -> Any:
    """Returns the name of a category or threshold, which may be an enum of Google's SDK."""
    return getattr(value, "name", value)


def _reason(reason: str | None) -> str | None:
    if reason in _FILTERED:
        return "content_filter"
    return _REASONS.get(reason, reason) if reason else None


def _statistics(usage: Mapping[str, Any]) -> dict[str, Any]:
    thought = token_count(usage.get("thoughtsTokenCount"))
    read = token_count(usage.get("cachedContentTokenCount"))
    statistics: dict[str, Any] = {
        "input_tokens": [token_count(usage.get("promptTokenCount"))],
        # This protocol does not count reasoning as tokens of the answer, but charges both alike.
        "output_tokens": [token_count(usage.get("candidatesTokenCount")) + thought],
    }
    if thought:
        statistics["reasoning_tokens"] = [thought]
    if read:
        statistics["cache_read_tokens"] = [read]
    return statistics
