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
from distilabel.models.wire.usage_counts import as_mapping, token_count
from distilabel.typing import GenerateOutput

_ROLES: Final = {"user": "user", "model": "model", "assistant": "model"}
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
            `tools`, and `extra_body`, which is merged in.
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
    body: dict[str, Any] = {"contents": [_content(m) for m in messages if m["role"] != "system"]}
    if system:
        parts = [part for message in system for part in _parts(message["content"])]
        body["systemInstruction"] = {"parts": parts}
    if arguments.get("safety_settings"):
        body["safetySettings"] = [
            {"category": _name(category), "threshold": _name(threshold)}
            for category, threshold in arguments["safety_settings"].items()
        ]
    if arguments.get("tools"):
        body["tools"] = arguments["tools"]
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
        called = any("functionCall" in each for each in parts)
        reason = _reason(first.get("finishReason"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if not candidates and not blocked:
        raise errors.invalid_reply(body, "it has no candidates", statistics)
    if not texts:
        raise errors.no_text(
            "content_filter" if blocked else reason,
            body,
            refusal=f"the prompt was blocked ({blocked})" if blocked else None,
            called_tool=called,
            has_reasoning=bool(thoughts or statistics.get("reasoning_tokens")),
            output_tokens=statistics["output_tokens"][0],
            limit="max_output_tokens",
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=["".join(texts)], statistics=statistics)
    if thoughts:
        output["reasoning"] = ["".join(thoughts).strip()]
    return output  # type: ignore[no-any-return]


def _content(message: Mapping[str, Any]) -> dict[str, Any]:
    role = _ROLES.get(message["role"])
    if role is None:
        raise AnswerError(
            f"a message has the role {message['role']!r}. Use 'system', 'user', and 'assistant' or "
            "'model'."
        )
    return {"role": role, "parts": _parts(message["content"])}


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
