"""Wire format of Text Generation Inference (TGI)."""

from collections.abc import Mapping, Sequence
from typing import Any

from distilabel._simulated.answers.answer import Answer
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.server.wire_formats.request_body import (
    MAX_TOKENS,
    integer,
    single_message,
    stop_sequences,
)

_FINISH_REASONS = {"stop": "eos_token", "length": "length", "content_filter": "eos_token"}


class Generate:
    """`/generate` of Text Generation Inference.

    Args:
        model: Id of the model that answers, as these requests name none.
    """

    def __init__(self, model: str) -> None:
        self._model = model

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request."""
        inputs, parameters = body.get("inputs"), body.get("parameters") or {}
        if not isinstance(inputs, str) or not inputs:
            raise ValueError("'inputs' must be a string of at least one character")
        if not isinstance(parameters, Mapping):
            raise ValueError("'parameters' must be an object")
        schema, pattern = _grammar(parameters.get("grammar"))
        return AnswerRequest(
            model=self._model,
            chats=[single_message(inputs)],
            max_tokens=integer(parameters, "max_new_tokens", 1, MAX_TOKENS),
            stop=stop_sequences(parameters, "stop"),
            seed=integer(parameters, "seed", 0, 2**64),
            schema=schema,
            pattern=pattern,
        )

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response."""
        if not answers:
            return {}
        answer = answers[0]
        reason = "stop_sequence" if answer.stop_sequence else _FINISH_REASONS[answer.finish_reason]
        return {
            "generated_text": answer.text_with_reasoning,
            "details": {
                "finish_reason": reason,
                "generated_tokens": answer.tokens,
                "seed": request.seed,
                "prefill": [],
            },
        }

    def format_error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Formats the body of an error."""
        kind = {400: "validation", 422: "validation", 429: "overloaded"}.get(status, "generation")
        return {"error": message, "error_type": kind}


def _grammar(grammar: Any) -> tuple[Mapping[str, Any] | None, str | None]:
    match grammar:
        case None:
            return None, None
        case {"type": "json", "value": dict(schema)}:
            return schema, None
        case {"type": "regex", "value": str(pattern)}:
            return None, pattern
    raise ValueError("'grammar' must have the type 'json' or 'regex' and its 'value'")
