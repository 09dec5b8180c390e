"""Computes the keys of stored answers. Any change here makes every run ask everything again.

A key covers the provider's class, the model, the endpoint, arguments, structure and question, and
how often that question came before: equal questions get separate answers. It covers nothing of
pipelines, steps or speed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, cast

from distilabel._core.compact_int_set import CompactIntSet
from distilabel._core.hashing import canonical, strict_canonical
from distilabel._core.serialization import module_of
from distilabel._core.surrogates import replace_surrogates

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput

# A class keeps the module that is part of the keys of stored answers, wherever it has moved to.
_MODULES_IN_KEYS: Final = {"distilabel.models.llms.simulated": "distilabel.models.simulated.llm"}

# Digests are compared by 63 of their 128 bits, which tell a billion questions apart.
_BITS: Final = 2**63 - 1


class CacheKeys:
    """Computes the keys of the questions that one step asks one model.

    Args:
        llm: The model, loaded.
        arguments: Generation arguments of questions that bring none of their own.

    Attributes:
        base: Digest of everything but the question, for these arguments.
        occurrences: How often each question was asked here.
        unstorable: Why answers cannot be stored; empty if they can.
    """

    def __init__(self, llm: Model, arguments: dict[str, Any]) -> None:
        self._llm = llm
        self.occurrences = OccurrenceCounter()
        self.unstorable = ""
        try:
            self.base = self.base_of(arguments)
        except TypeError as error:
            self.base = hashlib.blake2b(digest_size=16)
            self.unstorable = f"{error}, in its arguments"

    def base_of(self, arguments: dict[str, Any]) -> Any:
        """Returns a hasher that has read everything but the question.

        Args:
            arguments: Generation arguments.

        Raises:
            TypeError: An argument has no digest.
        """
        cls = type(self._llm)
        structure = getattr(self._llm, "structured_output", None)
        module = module_of(cls)
        name = f"{_MODULES_IN_KEYS.get(module, module)}.{cls.__qualname__}"
        data = [name, self._llm._identity(), arguments, structure]
        return hashlib.blake2b(canonical(data), digest_size=16)

    def of(
        self, input: FormattedInput, count: int, base: Any, retry: tuple[int, int] | None = None
    ) -> tuple[bytes, bytes, FormattedInput]:
        """Counts a question and returns its key, a different one each time it occurs.

        Args:
            input: The question.
            count: Number of generations.
            base: Hasher of `base_of`.
            retry: For an answer that could not be parsed: how often it was asked for before, and
                the index of its generation. For a generation that an answer lacks: 0, and its
                index.

        Returns:
            Digest of the question, key of its answer, and the question as it is sent: `input`
            itself, or a copy in which U+FFFD replaces unpaired surrogates.
        """
        data = [count, input] if retry is None else [count, input, *retry]
        try:
            text = strict_canonical(data)
        except TypeError:
            # Lone surrogates are not valid UTF-8, which the digest and every provider need.
            text = canonical(data)
            clean = replace_surrogates(input)
            input = input if clean == input else clean
        hasher = base.copy()
        hasher.update(text)
        question: bytes = hasher.digest()
        times = self.occurrences.add(question)
        if times == 0:
            return question, question, input
        hasher.update(times.to_bytes(8, "big"))
        return question, cast(bytes, hasher.digest()), input


class OccurrenceCounter:
    """Counts digests in little memory, because nearly all of them occur once."""

    def __init__(self) -> None:
        self._once = CompactIntSet()
        # Only digests that occurred more than once.
        self._counts: dict[int, int] = {}

    def add(self, digest: bytes) -> int:
        """Counts an occurrence and returns the number of earlier ones.

        Args:
            digest: 16 bytes.
        """
        number = int.from_bytes(digest[:8], "little") & _BITS
        if self._once.add(number):
            return 0
        count = self._counts.get(number, 1)
        self._counts[number] = count + 1
        return count

    def forget(self, digest: bytes) -> None:
        """Takes back the last occurrence.

        Args:
            digest: 16 bytes that were added.
        """
        number = int.from_bytes(digest[:8], "little") & _BITS
        count = self._counts.get(number, 1)
        if count > 2:
            self._counts[number] = count - 1
        elif count == 2:
            del self._counts[number]
        else:
            self._once.discard(number)
