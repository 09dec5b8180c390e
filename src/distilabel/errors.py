"""Every error a user may meet: what failed, where, the cure, and whether asking again can help.

    DistilabelError (mixin)
    ├── DistilabelUserError            also ValueError
    ├── DistilabelTypeError            also TypeError
    ├── RowError                       also RuntimeError: a row failed where none may
    └── DistilabelNotImplementedError  also NotImplementedError
    ModelError
    ├── EndpointError                  nothing can be asked there: the run stops with one message
    │   └── StoreError                 answers cannot be kept: the run stops before paying for more
    └── AnswerError                    this question has no answer; `retryable`: ask it again?

Knows nothing about who raises or catches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distilabel.constants import DISTILABEL_DOCS_URL


class DistilabelError:
    """Mixin of the errors that carry a message and, maybe, a page of the documentation.

    Args:
        message: what failed and what to do about it.
        page: path of a documentation page, appended to `DISTILABEL_DOCS_URL`.
    """

    def __init__(self, message: str, *, page: str | None = None) -> None:
        super().__init__(message)  # type: ignore[call-arg]
        self.message = message
        self.page = page

    def __str__(self) -> str:
        if self.page is None:
            return self.message
        return f"{self.message}\n\nMore about this: {DISTILABEL_DOCS_URL}{self.page}"


class DistilabelUserError(DistilabelError, ValueError):
    """The pipeline, a step or an argument is not as it has to be."""


class DistilabelTypeError(DistilabelError, TypeError):
    """Something has the wrong type."""


class DistilabelNotImplementedError(DistilabelError, NotImplementedError):
    """A class does not offer what was asked of it."""


class RowError(DistilabelError, RuntimeError):
    """A step failed on a row and is told not to go on without it (`on_error="raise"`)."""


class ModelError(Exception):
    """Asking a model failed.

    Args:
        message: what failed and what to do about it; never holds a key.
        status: the HTTP status, where there was one.

    Attributes:
        step: name of the step that asked, once it is known.
        headers: HTTP headers of the reply, where there was one. Never pickled or shown.
    """

    retryable = False
    step = ""
    headers: Mapping[str, str] | None = None

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.step}: {self.message}" if self.step else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name != "headers"}
        return type(self), self.args, state


class EndpointError(ModelError):
    """Nothing can be asked there (bad key, unknown model, nobody listening): the run stops."""


class StoreError(EndpointError):
    """Answers cannot be kept, or kept ones not be read: asking on would be paying twice."""


class AnswerError(ModelError):
    """One question got no answer.

    Args:
        message: what failed.
        status: the HTTP status, where there was one.
        retryable: whether the same question may be answered when asked again.
        retry_after: seconds the server asked us to wait, if it did.
        overloaded: whether the cause is load (429, 503, timeouts), so that asking slower helps.
        raw: what came back, for the record of the failure.
        statistics: what the reply took, where it says so: that is paid for all the same.
        lost: whether the question was sent and its reply can not be read: it may be paid for.

    Attributes:
        attempts: how often the question was asked.
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
    ) -> None:
        super().__init__(message, status=status)
        self.retryable = retryable
        self.retry_after = retry_after
        self.overloaded = overloaded
        self.raw = raw
        self.statistics = statistics
        self.lost = lost
        self.attempts = 1


class FailureRecord(dict[str, Any]):
    """A failure as data, from where it happens until it is written into the row.

    A row brings failures of earlier runs along as plain dicts: the type tells them apart.
    """


def error_record(error: Exception) -> FailureRecord:
    """Returns an error as data, for `distilabel_metadata` and `Distiset.failures`."""
    return FailureRecord(
        type=type(error).__name__,
        message=str(error),
        attempts=error.attempts if isinstance(error, AnswerError) else 1,
        raw=error.raw if isinstance(error, AnswerError) else None,
    )
