"""The wire format of OpenAI's chat completions and completions, which most endpoints speak."""

from __future__ import annotations

from typing import Any

import orjson

from distilabel.errors import AnswerError
from distilabel.typing import GenerateOutput


def response_format(structured_output: Any) -> dict[str, Any] | None:
    """The `response_format` of a structure: a JSON schema, given as such or as a pydantic class."""
    if not structured_output or not structured_output.get("schema"):
        return None
    schema = structured_output["schema"]
    if hasattr(schema, "model_json_schema"):
        schema = schema.model_json_schema()
    name = str(schema.get("title") or "answer").replace(" ", "_")
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}


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


def _logprobs(choice: dict[str, Any]) -> list[list[dict[str, Any]]] | None:
    content = (choice.get("logprobs") or {}).get("content")
    if content is None:
        return None
    return [
        [{"token": top["token"], "logprob": top["logprob"]} for top in position["top_logprobs"]]
        or [{"token": position["token"], "logprob": position["logprob"]}]
        for position in content
    ]


def answer(body: bytes, count: int) -> GenerateOutput:
    """The output of one question.

    Args:
        body: of a reply with status 200.
        count: generations asked for; `statistics` has one number per call.

    Raises:
        AnswerError: this is no answer; retryable.
    """
    try:
        data = orjson.loads(body)
        choices = data["choices"]
        texts = [
            choice["message"].get("content") if "message" in choice else choice["text"]
            for choice in choices
        ]
        usage = data.get("usage") or {}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise AnswerError(
            f"the reply is no answer ({type(error).__name__}: {error})",
            retryable=True,
            raw=body[:2000].decode("utf-8", "replace"),
        ) from error
    if not choices:
        raise AnswerError("the reply has no choices", retryable=True, raw=body[:2000].decode())
    output: Any = {
        "generations": texts,
        "statistics": {
            "input_tokens": [usage.get("prompt_tokens") or 0],
            "output_tokens": [usage.get("completion_tokens") or 0],
        },
    }
    logprobs = [_logprobs(choice) for choice in choices]
    if any(item is not None for item in logprobs):
        output["logprobs"] = logprobs
    return output  # type: ignore[no-any-return]
