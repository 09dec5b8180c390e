"""`Ask`: how a task asks its model one question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from distilabel.typing import FormattedInput, GenerateOutput


class Ask(Protocol):
    """Asks a task's model one question; the engine and standalone use pass different ones."""

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Asks one question.

        Args:
            input: Prompt to send.
            num_generations: Answers to ask for.
            kwargs: Generation arguments; they override those in `generation_kwargs`.
        """
        ...
