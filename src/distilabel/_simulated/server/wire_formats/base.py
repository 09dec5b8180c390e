"""`WireFormat`: how one API writes requests, responses and errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from distilabel._simulated.answers.answer import Answer
from distilabel._simulated.answers.request import AnswerRequest


class WireFormat(Protocol):
    """A wire format."""

    def parse_request(self, body: Mapping[str, Any]) -> AnswerRequest:
        """Parses the body of a request.

        Raises:
            ValueError: The body is not valid. The message says how.
        """

    def format_response(
        self, request: AnswerRequest, answers: Sequence[Answer]
    ) -> Mapping[str, object]:
        """Formats the body of a response. Without answers, the response has no choices."""

    def format_error(self, status: int, message: str, code: str | None) -> Mapping[str, object]:
        """Formats the body of an error."""
