"""Maps the exceptions of any client library to a `ModelError`."""

from __future__ import annotations

from distilabel.errors import AnswerError, ModelError
from distilabel.models.wire import errors


def as_model_error(error: Exception) -> ModelError:
    """Returns the `ModelError` for an exception that a model raised.

    Client libraries put the HTTP status into `status_code` and the reply into `response`. Lost
    connections and timeouts have built-in types. Any other exception is a bug in the model's code
    and is not retryable.

    Args:
        error: Exception that the model raised.
    """
    if isinstance(error, ModelError):
        return error
    message = f"{type(error).__name__}: {error}"
    status = getattr(error, "status_code", None) or getattr(error, "status", None)
    if isinstance(status, int) and status >= 400:
        response = getattr(error, "response", None)
        headers = {k.lower(): v for k, v in dict(getattr(response, "headers", {})).items()}
        return errors.error_from_response(status, headers, message.encode(), url="the model")
    if isinstance(error, TimeoutError):
        return AnswerError(message, retryable=True, overloaded=True, lost=True)
    if isinstance(error, (ConnectionError, OSError)) or "aiohttp" in type(error).__module__:
        # Without a connection, no request was sent.
        refused = isinstance(error, ConnectionRefusedError) or "Connector" in type(error).__name__
        return AnswerError(message, retryable=True, lost=not refused)
    return AnswerError(message)


def error_kind(error: ModelError) -> str:
    """Returns one word for the kind of an error, without any part of its message.

    Args:
        error: Error of a request.

    Returns:
        The HTTP status, or else the class name of the original exception.
    """
    return str(error.status) if error.status else type(error.__cause__ or error).__name__
