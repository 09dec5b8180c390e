"""`Format`: an answer format that a prompt may ask for, recognized by what the prompt says."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as the formats see it.

    Attributes:
        text: All messages as one text, in order.
        last: Text of the last user message.
        rng: Source of randomness, seeded by the chat, the model, the seed and the answer's index.
    """

    text: str
    last: str
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Format:
    """An answer format: how to recognize a prompt that asks for it, and how to write it.

    Attributes:
        matches: Returns True if a prompt asks for this format.
        write: Writes the answer to a prompt.
    """

    matches: Callable[[Prompt], bool]
    write: Callable[[Prompt], str]
