"""What a model refuses of what it is sent, learned from what it says; knows no protocol."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from distilabel.errors import AnswerError

_REFUSED: Final = re.compile(
    r"['`\"](\w+)['`\"] (?:is (?:not supported|deprecated)|does not support)", re.ASCII
)
_INSTEAD: Final = re.compile(r"[Uu]se ['`\"](\w+)['`\"] instead", re.ASCII)
# What shapes an answer, and without which it is still the one that was asked for.
_SAMPLING: Final = frozenset(
    {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty"}
)

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.llm")


class UnsupportedArguments:
    """Arguments that one model refuses: models that reason take other ones than those before them.

    The first question that is refused for one is asked again without it; those that follow are
    asked so at once.
    """

    def __init__(self) -> None:
        # Argument → the one to send instead; None sends none.
        self._instead: dict[str, str | None] = {}

    async def ask(
        self,
        model: str,
        arguments: dict[str, Any],
        send: Callable[[dict[str, Any]], Awaitable[_T]],
    ) -> _T:
        """Asks one question, without what the model refuses.

        Args:
            model: its name.
            arguments: of the question.
            send: sends it with the arguments it is given, and gives the reply.

        Raises:
            AnswerError: there is no answer.
        """
        while True:
            sent = self.without(arguments)
            try:
                return await send(sent)
            except AnswerError as error:
                # What was sent is less every time, so that this ends.
                if not self.learn(model, error, sent):
                    raise

    def without(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, less what is known to be refused.

        Args:
            arguments: of a question.
        """
        if not self._instead:
            return arguments
        named = {self._instead.get(name, name): value for name, value in arguments.items()}
        return {name: value for name, value in named.items() if name is not None}

    def learn(self, model: str, error: AnswerError, sent: dict[str, Any]) -> bool:
        """Whether a refusal names an argument that can be sent otherwise or not at all.

        Args:
            model: who refused.
            error: the refusal.
            sent: the arguments that were sent.
        """
        if error.status != 400:
            return False
        said = str(error.raw)
        found = _REFUSED.search(said)
        name = found[1] if found else ""
        if sent.get(name) is None:
            return False
        other = _INSTEAD.search(said)
        if other is None and name not in _SAMPLING:
            return False
        if name in self._instead:
            # Sent before another question had learned it.
            return True
        self._instead[name] = other[1] if other else None
        _log.info(
            "%s takes no %s: from now on it is %s.",
            model,
            name,
            f"sent as {other[1]}" if other else "left out",
        )
        return True
