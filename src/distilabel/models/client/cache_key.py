"""Keys: what makes an answer that answer, as a digest. A word changed here asks everything anew.

The provider's class, the model, the endpoint, arguments, structure, question, and how often that
was asked before: equal questions get answers of their own. Nothing of pipelines, steps or speed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, cast

from distilabel._core.hashing import canonical
from distilabel._core.serialization import module_of
from distilabel.models.client.times import OccurrenceCounter

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput

# A class keeps the module that stands in the keys of stored answers, wherever it has moved to.
_MODULES_IN_KEYS: Final = {"distilabel.models.llms.simulated": "distilabel.models.simulated.llm"}


class CacheKeys:
    """Gives the keys of the questions that one step asks one model.

    Args:
        llm: the model, loaded.
        arguments: that every question is asked with, unless others are given.

    Attributes:
        times: how often each question was asked here.
        wrong: why answers cannot be kept, in words; empty if they can.
    """

    def __init__(self, llm: Model, arguments: dict[str, Any]) -> None:
        self._llm = llm
        self.times = OccurrenceCounter()
        self.wrong = ""
        try:
            self.base = self.base_of(arguments)
        except TypeError as error:
            self.base = hashlib.blake2b(digest_size=16)
            self.wrong = f"{error}, in its arguments"

    def base_of(self, arguments: dict[str, Any]) -> Any:
        """The digest, to be added to, of all but the question.

        Args:
            arguments: that it is asked with.

        Raises:
            TypeError: one of them has no digest.
        """
        cls = type(self._llm)
        structure = getattr(self._llm, "structured_output", None)
        module = module_of(cls)
        name = f"{_MODULES_IN_KEYS.get(module, module)}.{cls.__qualname__}"
        what = [name, self._llm._identity(), arguments, structure]
        return hashlib.blake2b(canonical(what), digest_size=16)

    def of(
        self, input: FormattedInput, count: int, base: Any, again: tuple[int, int] | None = None
    ) -> tuple[bytes, bytes]:
        """What is asked, and what its answer is kept under: each time it is asked, another key.

        Args:
            input: the question.
            count: of the generations asked for.
            base: of `base_of`.
            again: how often it was asked before because nothing could be read in the answer, and
                for which generation.
        """
        hasher = base.copy()
        hasher.update(canonical([count, input] if again is None else [count, input, *again]))
        question: bytes = hasher.digest()
        times = self.times.before(question)
        if times == 0:
            return question, question
        hasher.update(times.to_bytes(8, "big"))
        return question, cast(bytes, hasher.digest())
