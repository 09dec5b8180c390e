"""Generates the text of an answer: a pure function of the chat, the model and the seed."""

import random
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import orjson

from distilabel._simulated.answers.all_formats import FORMATS
from distilabel._simulated.answers.formats.base import Prompt
from distilabel._simulated.schema.instance import generate_instance
from distilabel._simulated.schema.pattern import generate_match

CHARACTERS_PER_TOKEN = 4
"""Number of characters that the simulated model counts as one token."""

ANY_OBJECT: Mapping[str, object] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "minLength": 20}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""JSON schema of the answer to a request for JSON without a schema."""


def generate_text(
    messages: Sequence[Mapping[str, object]],
    *,
    model: str,
    seed: int,
    index: int = 0,
    schema: Mapping[str, object] | None = None,
    pattern: str | None = None,
    max_tokens: int | None = None,
) -> str:
    """Generates the text that answers a chat. The same arguments always give the same text.

    Without a schema and a pattern, the text has the format that the prompt asks for: the first of
    `distilabel._simulated.answers.all_formats.FORMATS` that matches it.

    Args:
        messages: Messages of the chat, each with `role` and `content` (text, or parts with `text`).
        model: Name of the model. Another name gives another text.
        seed: Another seed gives another text.
        index: Position of the answer among several to the same request.
        schema: JSON schema. The text is then JSON that validates against it.
        pattern: Regular expression. The whole text then matches it.
        max_tokens: Maximum length in tokens of `CHARACTERS_PER_TOKEN` characters.

    Returns:
        The text.

    Raises:
        ValueError: The schema or the pattern is impossible or not supported.
    """
    roles_and_texts = [(message.get("role"), message_text(message)) for message in messages]
    identity = orjson.dumps((roles_and_texts, model, str(seed), index))
    rng = random.Random(int.from_bytes(blake2b(identity, digest_size=8).digest(), "big"))
    if schema is not None:
        text = orjson.dumps(generate_instance(schema, rng)).decode()
    elif pattern is not None:
        text = generate_match(f"^(?:{pattern})$", rng)
    else:
        whole = "\n\n".join(text for _, text in roles_and_texts)
        prompt = Prompt(text=whole, last=last_user_text(messages), rng=rng)
        text = next(known for known in FORMATS if known.matches(prompt)).write(prompt)
    return text if max_tokens is None else text[: max_tokens * CHARACTERS_PER_TOKEN]


def message_text(message: Mapping[str, object]) -> str:
    """Returns the text of a message. Text parts are joined by line breaks."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "\n".join(text for text in parts if isinstance(text, str))


def last_user_text(messages: Sequence[Mapping[str, object]]) -> str:
    """Returns the text of the last user message, or of the last message if no user wrote one."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return message_text(message)
    return message_text(messages[-1]) if messages else ""


def token_count(text: str) -> int:
    """Counts the simulated tokens of a text, one for every 4 characters begun; at least 1."""
    return max(1, -(-len(text) // CHARACTERS_PER_TOKEN))


def mix_seeds(model_seed: int, request_seed: int | None) -> int:
    """Combines the seed of the model with the seed of the request, if the request has one."""
    return model_seed if request_seed is None else model_seed * 1_000_003 + request_seed + 1
