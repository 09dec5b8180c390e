"""Parses the parts of request bodies that several wire formats share."""

from collections.abc import Mapping
from typing import Any

import orjson

MAX_ANSWERS = 128
MAX_TOKENS = 1_000_000


def parse_object(raw: bytes) -> dict[str, Any]:
    """Parses a request body that must be a JSON object.

    Raises:
        ValueError: The body is not a JSON object.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"request body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise ValueError("request body must be a JSON object")
    return body


def openai_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Parses the fields that all requests of OpenAI have: `model`, `n`, `stop` and `seed`.

    Raises:
        ValueError: A field is not valid.
    """
    return {
        "model": model_id(body),
        "n": integer(body, "n", 1, MAX_ANSWERS) or 1,
        "stop": stop_sequences(body, "stop"),
        "seed": integer(body, "seed", -(2**63), 2**63),
    }


def model_id(body: Mapping[str, Any]) -> str:
    """Parses the id of the model.

    Raises:
        ValueError: There is no id, or the request asks for a stream.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise ValueError("'model' must be the id of a model")
    if body.get("stream"):
        raise ValueError("'stream' is not supported: omit it or send false")
    return model


def integer(body: Mapping[str, Any], key: str, minimum: int, maximum: int) -> int | None:
    """Parses an optional integer from `minimum` to `maximum`.

    Raises:
        ValueError: The value is not such an integer.
    """
    value = body.get(key)
    if value is None or (type(value) is int and minimum <= value <= maximum):
        return value
    raise ValueError(f"{key!r} must be an integer from {minimum} to {maximum}")


def stop_sequences(body: Mapping[str, Any], key: str) -> list[str]:
    """Parses optional stop sequences.

    Raises:
        ValueError: The value is neither a string nor a list of strings.
    """
    value = body.get(key)
    texts = [value] if isinstance(value, str) else value or []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{key!r} must be a string or a list of strings")
    return texts


def chat_messages(body: Mapping[str, Any]) -> list[Any]:
    """Parses the messages of a chat.

    Raises:
        ValueError: There is no message, or a message is not an object.
    """
    messages = body.get("messages")
    is_chat = isinstance(messages, list) and all(isinstance(m, Mapping) for m in messages)
    if not messages or not is_chat:
        raise ValueError("'messages' must be a list of at least one message")
    return list(messages)


def single_message(text: str) -> list[dict[str, str]]:
    """Returns the chat of a prompt that is text."""
    return [{"role": "user", "content": text}]
