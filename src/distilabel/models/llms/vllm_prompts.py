"""`VllmPrompts`: prompts as a vLLM server renders them, with the chat template that it uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


class VllmPrompts:
    """Renders conversations on a vLLM server.

    Args:
        post: Posts a JSON body to a path of the server and returns the reply.
    """

    def __init__(self, post: Callable[[str, dict[str, Any]], Awaitable[Any]]) -> None:
        self._post = post
        # Tokens of texts that end a prompt; there are one or two.
        self._ends: dict[str, list[int]] = {}

    async def tokens(self, model: str, conversation: Any, end: str) -> list[int]:
        """Returns the ids of the tokens of a prompt.

        Args:
            model: Name of the model.
            conversation: Conversation; may be empty.
            end: Text that ends the prompt, like the beginning of a user's message; empty if the
                assistant's message begins there. A template begins with a token of its own, so that
                its tokens can be appended.
        """
        found: list[int] = []
        if conversation:
            body = {"model": model, "messages": conversation, "add_generation_prompt": not end}
            found = (await self._post("tokenize", body))["tokens"]
        if not end:
            return found
        if end not in self._ends:
            body = {"model": model, "prompt": end, "add_special_tokens": False}
            self._ends[end] = (await self._post("tokenize", body))["tokens"]
        return found + self._ends[end]

    async def text(self, model: str, conversation: Any, end: str) -> str:
        """Returns a prompt as text; the arguments are those of `tokens`."""
        found = await self.tokens(model, conversation, end)
        return str((await self._post("detokenize", {"model": model, "tokens": found}))["prompt"])
