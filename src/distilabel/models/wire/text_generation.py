"""Wire format of `generate` in Text Generation Inference (TGI)."""

from __future__ import annotations

from typing import Any, Final

import orjson

from distilabel.models.wire import errors
from distilabel.models.wire.response import Response
from distilabel.models.wire.usage_counts import token_count
from distilabel.typing import GenerateOutput

# Finish reasons as chat completions name them.
_REASONS: Final = {"eos_token": "stop", "stop_sequence": "stop"}


def encode_request(prompt: str, arguments: dict[str, Any]) -> bytes:
    """Returns the body of a request.

    Args:
        prompt: Text to continue.
        arguments: Parameters, without those that are None or False, which are the defaults.
    """
    parameters = {
        name: value for name, value in arguments.items() if value is not None and value is not False
    }
    # The number of tokens is part of the details.
    return orjson.dumps({"inputs": prompt, "parameters": {**parameters, "details": True}})


def parse_response(body: bytes, input_tokens: int) -> GenerateOutput:
    """Parses the body of a reply with status 200.

    Args:
        body: Body of the reply.
        input_tokens: Number of tokens of the prompt, which the reply does not contain.

    Returns:
        The output, a `Response`.

    Raises:
        AnswerError: The body is invalid (retryable).
    """
    try:
        data = errors.parse_json(body)
        # Old servers return a list.
        data = data[0] if isinstance(data, list) else data
        text = data["generated_text"]
        details = data.get("details") or {}
        written = token_count(details.get("generated_tokens"))
        logprobs = _logprobs(details)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise errors.invalid_reply(body, error) from error
    if not isinstance(text, str):
        raise errors.invalid_reply(body, "its generated_text is not a string")
    finish: Any = details.get("finish_reason")
    reason = _REASONS.get(finish, finish)
    statistics = {"input_tokens": [input_tokens], "output_tokens": [written]}
    output: Any = Response(generations=[text], statistics=statistics)
    errors.add_finish_reasons(output["statistics"], [reason])
    if logprobs:
        output["logprobs"] = [logprobs]
    return output  # type: ignore[no-any-return]


def _logprobs(details: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Returns the likeliest tokens per position, if the request asked for them."""
    return [
        [{"token": top["text"], "logprob": top["logprob"]} for top in position]
        for position in details.get("top_tokens") or ()
    ]
