"""What several dialects read from the bodies of requests; knows no dialect."""

from collections.abc import Mapping
from typing import Any

MOST_ANSWERS = 128
MOST_TOKENS = 1_000_000


def common(body: Mapping[str, Any]) -> dict[str, Any]:
    """Reads what all of OpenAI's requests have.

    Raises:
        ValueError: It is not understood.
    """
    return {
        "model": model_of(body),
        "n": integer(body, "n", 1, MOST_ANSWERS) or 1,
        "stop": stops(body, "stop"),
        "seed": integer(body, "seed", -(2**63), 2**63),
    }


def model_of(body: Mapping[str, Any]) -> str:
    """Reads the id of the model.

    Raises:
        ValueError: There is none, or a stream is asked for.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise ValueError("'model' must be the id of a model")
    if body.get("stream"):
        raise ValueError("'stream' is not simulated: leave it out or send false")
    return model


def integer(body: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    """Reads a whole number from `low` to `high`; None where there is none.

    Raises:
        ValueError: It is another thing.
    """
    value = body.get(key)
    if value is None or (type(value) is int and low <= value <= high):
        return value
    raise ValueError(f"{key!r} must be a whole number from {low} to {high}")


def stops(body: Mapping[str, Any], key: str) -> list[str]:
    """Reads the texts before which an answer ends.

    Raises:
        ValueError: They are no texts.
    """
    given = body.get(key)
    texts = [given] if isinstance(given, str) else given or []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{key!r} must be a text or a list of texts")
    return texts


def chat_of(body: Mapping[str, Any]) -> list[Any]:
    """Reads the messages of a chat.

    Raises:
        ValueError: There are none.
    """
    messages = body.get("messages")
    is_chat = isinstance(messages, list) and all(isinstance(m, Mapping) for m in messages)
    if not messages or not is_chat:
        raise ValueError("'messages' must be a list of at least one message")
    return list(messages)
