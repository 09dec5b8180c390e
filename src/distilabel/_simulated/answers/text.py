"""The simulated model's answers: pure functions of the question; knows no server, clock or file."""

import random
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import orjson

from distilabel._simulated.answers.formats import FORMATS, PromptParts
from distilabel._simulated.schema.instance import generate_instance
from distilabel._simulated.schema.pattern import generate_match

CHARACTERS_PER_TOKEN = 4
"""How many characters the simulated model counts as one token."""

ANY_OBJECT: Mapping[str, object] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "minLength": 20}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""The schema answered to a request for JSON that brings no schema of its own."""


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
    """Answers a chat the way a model might, always the same for the same arguments.

    The answer has the format that the prompt asks for, when it is one of
    `distilabel._simulated.answers.formats.FORMATS`.

    Args:
        messages: The chat, each message with `role` and `content` (a text, or parts with `text`).
        model: The model's name; another name answers otherwise.
        seed: Another seed answers otherwise.
        index: Which of several answers to the same question.
        schema: A JSON schema; the answer is then a JSON text that validates against it.
        pattern: A regular expression; the answer as a whole then matches it.
        max_tokens: The answer's greatest length in tokens, each `CHARACTERS_PER_TOKEN` characters.

    Returns:
        The text of the answer.

    Raises:
        ValueError: No data can be made for the schema, or no text for the pattern.
    """
    roles_and_texts = [(message.get("role"), text_of(message)) for message in messages]
    identity = orjson.dumps((roles_and_texts, model, str(seed), index))
    rng = random.Random(int.from_bytes(blake2b(identity, digest_size=8).digest(), "big"))
    if schema is not None:
        answer = orjson.dumps(generate_instance(schema, rng)).decode()
    elif pattern is not None:
        answer = generate_match(f"^(?:{pattern})$", rng)
    else:
        prompt = "\n\n".join(text for _, text in roles_and_texts)
        question = PromptParts(prompt=prompt, last=last_user_text(messages), rng=rng)
        answer = next(known for known in FORMATS if known.recognise(question)).write(question)
    return answer if max_tokens is None else answer[: max_tokens * CHARACTERS_PER_TOKEN]


def text_of(message: Mapping[str, object]) -> str:
    """Gives a message's text; of a message in parts, the text parts joined by line breaks."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "\n".join(text for text in parts if isinstance(text, str))


def last_user_text(messages: Sequence[Mapping[str, object]]) -> str:
    """Gives the text of the last user message; of a chat without one, the last message's."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message)
    return text_of(messages[-1]) if messages else ""


def token_count(text: str) -> int:
    """Counts the simulated tokens of a text: one for each 4 characters begun, and at least 1."""
    return max(1, -(-len(text) // CHARACTERS_PER_TOKEN))


def mixed_seed(own: int, asked: int | None) -> int:
    """Joins the seed a model was set up with and the one a question brings, if any."""
    return own if asked is None else own * 1_000_003 + asked + 1
