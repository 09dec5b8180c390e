"""`AnswerRequest`: a request for answers, independent of any wire format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distilabel._simulated.answers.text import message_text, token_count

Chat = Sequence[Mapping[str, Any]]
"""Messages of a chat, each with `role` and `content`."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A request for answers.

    Attributes:
        model: Id of the model.
        chats: Chats to answer. More than one only where a request has several prompts.
        n: Number of answers per chat.
        max_tokens: Maximum length of an answer in tokens.
        stop: Stop sequences, before which an answer ends.
        seed: Seed in the request.
        schema: JSON schema of the answers.
        pattern: Regular expression that every answer matches as a whole.
        logprobs: Number of alternatives per token to list; None for no log probabilities.
        tool: Tool that the model calls, with the JSON schema of its input in `input_schema`.
            `chosen_tool` finds it.
    """

    model: str
    chats: Sequence[Chat]
    n: int = 1
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    pattern: str | None = None
    logprobs: int | None = None
    tool: Mapping[str, Any] | None = None

    @property
    def input_tokens(self) -> int:
        """Number of tokens of all chats together."""
        return sum(
            token_count("".join(message_text(message) for message in chat)) for chat in self.chats
        )
