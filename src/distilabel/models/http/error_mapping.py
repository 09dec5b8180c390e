"""Troubles: what the exceptions of any client library mean for the question that was asked."""

from __future__ import annotations

from distilabel.errors import AnswerError, ModelError
from distilabel.models.wire import errors


def as_model_error(error: Exception) -> ModelError:
    """The error of ours that an exception of a model stands for.

    Client libraries put the HTTP status into `status_code` and the reply into `response`; lost
    connections and timeouts are known by their built-in types. Anything else is a mistake in the
    model's code and is not tried again.

    Args:
        error: what asking a model raised.
    """
    if isinstance(error, ModelError):
        return error
    words = f"{type(error).__name__}: {error}"
    status = getattr(error, "status_code", None) or getattr(error, "status", None)
    if isinstance(status, int) and status >= 400:
        response = getattr(error, "response", None)
        headers = {k.lower(): v for k, v in dict(getattr(response, "headers", {})).items()}
        return errors.error_from_response(status, headers, words.encode(), url="the model")
    if isinstance(error, TimeoutError):
        return AnswerError(words, retryable=True, overloaded=True, lost=True)
    if isinstance(error, (ConnectionError, OSError)) or "aiohttp" in type(error).__module__:
        # Nothing was sent where no connection was made.
        refused = isinstance(error, ConnectionRefusedError) or "Connector" in type(error).__name__
        return AnswerError(words, retryable=True, lost=not refused)
    return AnswerError(words)


def error_kind(error: ModelError) -> str:
    """One word for an error, the same for all of its kind and without anybody's words.

    Args:
        error: why a question has no answer.

    Returns:
        The HTTP status, else the name of the class of what was raised first.
    """
    return str(error.status) if error.status else type(error.__cause__ or error).__name__
