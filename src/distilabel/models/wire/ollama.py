"""Wire format of Ollama: `/api/chat`, and `/api/generate` with a rendered prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError
from distilabel.models.wire import errors
from distilabel.models.wire.image_part import image_in
from distilabel.models.wire.response import Response
from distilabel.models.wire.structure import Structure
from distilabel.models.wire.tool_calls import arguments_of, called_names, tool_call
from distilabel.models.wire.usage_counts import token_count
from distilabel.typing import GenerateOutput

# Reasons that say nothing of the answer: the model was loaded, or another one takes its place.
_NO_REASON: Final = frozenset({"load", "unload"})


def encode_request(
    model: str,
    prompt: Any,
    arguments: Mapping[str, Any],
    structure: Structure | None = None,
) -> bytes:
    """Returns the body of a request.

    Args:
        model: Name of the model.
        prompt: Conversation, or prompt that is rendered already.
        arguments: All other fields, without those that are None or empty. `extra_body` is merged
            in.
        structure: What the answer has to follow; Ollama supports JSON schemas.

    Raises:
        AnswerError: An image is given by its address.
        DistilabelUserError: The structure is not a JSON schema.
    """
    body: dict[str, Any] = {"model": model, "stream": False}
    if isinstance(prompt, str):
        body |= {"prompt": prompt, "raw": True}
    else:
        names = called_names(prompt)
        body["messages"] = [_message(*each) for each in zip(prompt, names, strict=True)]
    body |= {
        name: value
        for name, value in arguments.items()
        if value is not None and value != "" and name != "extra_body"
    }
    if structure is not None:
        body["format"] = _format(structure)
    body.update(arguments.get("extra_body") or {})
    return orjson.dumps(body)


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
        message = data.get("message", data)
        text = message["content"] if "message" in data else data["response"]
        thinking = message.get("thinking") or ""
        calls = [
            tool_call(
                number, call.get("id"), call["function"]["name"], call["function"]["arguments"]
            )
            for number, call in enumerate(message.get("tool_calls") or ())
        ]
        reason = data.get("done_reason")
        logprobs = _logprobs(data.get("logprobs") or ())
        statistics: dict[str, Any] = {
            "input_tokens": [token_count(data.get("prompt_eval_count"))],
            "output_tokens": [token_count(data.get("eval_count"))],
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if not isinstance(text, str):
        raise errors.invalid_reply(body, "its text is not a string", statistics)
    reason = None if reason in _NO_REASON else reason
    if not text and not calls and (thinking or reason != "stop"):
        raise errors.no_text(
            reason,
            body,
            has_reasoning=bool(thinking),
            output_tokens=statistics["output_tokens"][0],
            limit="num_predict in options",
            statistics=statistics,
        )
    errors.add_finish_reasons(statistics, [reason])
    output: Any = Response(generations=[text or None if calls else text], statistics=statistics)
    if thinking.strip():
        output["reasoning"] = [thinking.strip()]
    if calls:
        output["tool_calls"] = [calls]
    if logprobs:
        output["logprobs"] = [logprobs]
    return output  # type: ignore[no-any-return]


def _message(message: Mapping[str, Any], tool: str) -> dict[str, Any]:
    """Converts a message.

    Args:
        message: Message in the format of chat completions.
        tool: Name of the tool whose result it is; empty if it is none.
    """
    kept = {key: value for key, value in message.items() if value is not None}
    content = message.get("content")
    texts = [content] if isinstance(content, str) else []
    images = []
    for part in () if isinstance(content, str) else content or ():
        image = image_in(part)
        if image is None:
            texts.append(part["text"])
        else:
            images.append(image.content)
    kept["content"] = "\n\n".join(texts)
    if images:
        kept["images"] = images
    if tool:
        kept["tool_name"] = tool
    if calls := kept.get("tool_calls"):
        kept["tool_calls"] = [_call(call) for call in calls]
    return kept


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["function"]["name"], "arguments": arguments_of(call)}
    return {"id": call.get("id"), "function": function}


def _format(structure: Structure) -> Any:
    if structure.kind != "json":
        raise DistilabelUserError(
            f"structured_output: Ollama supports the format 'json', not {structure.kind!r}. Set "
            "'schema' to a pydantic class or a JSON schema."
        )
    return structure.value


def _logprobs(positions: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    return [
        [
            {"token": top["token"], "logprob": top["logprob"]}
            for top in position.get("top_logprobs") or [position]
        ]
        for position in positions
    ]
