"""The wire format of Text Generation Inference's `generate`. No network here."""

from __future__ import annotations

from typing import Any, Final

import orjson

from distilabel.models.wire import errors
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.models.wire.response import Response
from distilabel.typing import GenerateOutput

# Why an answer ended, in the words of chat completions.
_REASONS: Final = {"eos_token": "stop", "stop_sequence": "stop"}


def request(prompt: str, arguments: dict[str, Any]) -> bytes:
    """The body that asks for a text to be continued.

    Args:
        prompt: the text.
        arguments: of the generation; what is None or False is left out, as that is how the server
            reads a missing one.
    """
    parameters = {
        name: value for name, value in arguments.items() if value is not None and value is not False
    }
    # Only the details tell how many tokens there were.
    return orjson.dumps({"inputs": prompt, "parameters": {**parameters, "details": True}})


def answer(body: bytes, input_tokens: int) -> GenerateOutput:
    """The output of one question.

    Args:
        body: of a reply with status 200.
        input_tokens: of the question, which the reply does not tell.

    Raises:
        AnswerError: this is no answer (retryable), or there is only reasoning in it.
    """
    try:
        data = errors.parsed(body)
        # Old servers put a list around it.
        data = data[0] if isinstance(data, list) else data
        whole = data["generated_text"]
        details = data.get("details") or {}
        written = details.get("generated_tokens") or 0
        logprobs = _logprobs(details)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise errors.no_answer(body, error) from error
    if not isinstance(whole, str):
        raise errors.no_answer(body, "its generated_text is no text")
    reasoning, text = split_reasoning(whole)
    finish: Any = details.get("finish_reason")
    reason = _REASONS.get(finish, finish)
    if text is None or (reasoning and not text):
        raise errors.silence(reason, body, thought=True, written=written)
    statistics = {"input_tokens": [input_tokens], "output_tokens": [written]}
    output: Any = Response(generations=[text], statistics=statistics)
    errors.note_reasons(output["statistics"], [reason])
    if reasoning is not None:
        output["reasoning"] = [reasoning]
    if logprobs:
        output["logprobs"] = [logprobs]
    return output  # type: ignore[no-any-return]


def _logprobs(details: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Those of the likeliest tokens: there when they were asked for."""
    return [
        [{"token": top["text"], "logprob": top["logprob"]} for top in position]
        for position in details.get("top_tokens") or ()
    ]
