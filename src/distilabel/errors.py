"""All errors that a user can see.

DistilabelError (mixin)
├── DistilabelUserError            also ValueError
├── DistilabelTypeError            also TypeError
├── HubError                       also OSError: a push to the Hugging Face Hub failed
├── RowError                       also RuntimeError: a row failed and `on_error="raise"`
└── DistilabelNotImplementedError  also NotImplementedError
ModelError
├── EndpointError                  the endpoint is unusable: the run stops
│   └── StoreError                 the answer store is unusable: the run stops before paying more
└── AnswerError                    one request failed; `retryable` tells whether to retry
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distilabel._core.printable import printable
from distilabel.constants import DISTILABEL_DOCS_URL


class DistilabelError:
    """Mixin of errors with a message and, optionally, a page of the documentation.

    Args:
        message: What is wrong and what to do about it.
        page: Path of a documentation page, relative to `DISTILABEL_DOCS_URL`.
    """

    def __init__(self, message: str, *, page: str | None = None) -> None:
        # It may quote a row, a file name or a server.
        message = printable(message)
        super().__init__(message)  # type: ignore[call-arg]
        self.message = message
        self.page = page

    def __str__(self) -> str:
        if self.page is None:
            return self.message
        return f"{self.message}\n\nMore about this: {DISTILABEL_DOCS_URL}{self.page}"


class DistilabelUserError(DistilabelError, ValueError):
    """Raised when a pipeline, a step or an argument is not valid."""


class DistilabelTypeError(DistilabelError, TypeError):
    """Raised when a value or a parameter has the wrong type."""


class DistilabelNotImplementedError(DistilabelError, NotImplementedError):
    """Raised when a class does not implement an operation."""


class HubError(DistilabelError, OSError):
    """Raised when the Hugging Face Hub cannot be reached or refuses a push."""


class RowError(DistilabelError, RuntimeError):
    """Raised when a step fails on a row and `on_error` is `"raise"`."""


class ModelError(Exception):
    """Base of the errors of a request to a model.

    Args:
        message: What failed and what to do about it; never contains a key.
        status: HTTP status, if there was a response.

    Attributes:
        step: name of the step that asked, once it is known.
        headers: HTTP headers of the reply, where there was one. Never pickled or shown.
    """

    retryable = False
    step = ""
    headers: Mapping[str, str] | None = None

    def __init__(self, message: str, *, status: int | None = None) -> None:
        # It may quote a server, which must not command the terminal that shows it.
        message = printable(message)
        super().__init__(message)
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.step}: {self.message}" if self.step else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "headers"}
        return type(self), self.args, state


class EndpointError(ModelError):
    """Raised when an endpoint is unusable (bad key, unknown model, no server): the run stops."""


class StoreError(EndpointError):
    """Raised when answers cannot be stored or read: to continue would be to pay twice."""


class AnswerError(ModelError):
    """Raised when one request gets no usable answer.

    Args:
        message: What failed.
        status: HTTP status, if there was a response.
        retryable: Whether the same request may succeed if it is sent again.
        retry_after: Seconds to wait, if the server said so.
        overloaded: Whether the cause is load (429, 503, timeouts), so that slowing down helps.
        raw: Raw response, for the record of the failure.
        statistics: Token counts of the response, if it has them: they are billed all the same.
        lost: Whether the request was sent but its response was lost: it may be billed.
        has_no_text: Whether the model answered, but without a text.

    Attributes:
        attempts: Number of times the request was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        overloaded: bool = False,
        raw: str | None = None,
        statistics: Mapping[str, Any] | None = None,
        lost: bool = False,
        has_no_text: bool = False,
    ) -> None:
        super().__init__(message, status=status)
        self.retryable = retryable
        self.retry_after = retry_after
        self.overloaded = overloaded
        self.raw = raw
        self.statistics = statistics
        self.lost = lost
        self.has_no_text = has_no_text
        self.attempts = 1


class FailureRecord(dict[str, Any]):
    """A failure as data, from where it happens until it is written into the row.

    A row brings failures of earlier runs along as plain dicts: the type tells them apart.
    """


def error_record(error: BaseException) -> FailureRecord:
    """Returns an error as data, for `distilabel_metadata` and `Distiset.failures`."""
    return FailureRecord(
        type=type(error).__name__,
        message=text_of(error),
        attempts=error.attempts if isinstance(error, AnswerError) else 1,
        raw=error.raw if isinstance(error, AnswerError) else None,
    )


def text_of(error: BaseException) -> str:
    """Returns the message of an error, whatever its class does."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (the class of a user's error may raise anything)
        return "its message cannot be read"
