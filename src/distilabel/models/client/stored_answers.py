"""Reads and writes the stored answers of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import orjson

from distilabel._core.surrogates import replace_surrogates
from distilabel.models.client.answer_warnings import AnswerWarnings
from distilabel.models.client.in_flight import KeyLocks
from distilabel.models.outputs import read_output

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

    Accept = Callable[[GenerateOutput], bool]


class AnswerStore(KeyLocks, Protocol):
    """Stores answers by key."""

    @property
    def held_before(self) -> bool:
        """Whether it had any value before this run."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """Returns the value stored under `key`; None if there is none."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Stores a value and returns when it is safe."""
        ...

    def report_damage(self, key: bytes) -> None:
        """Counts a stored value that is damaged."""


def accept_any(output: GenerateOutput) -> bool:
    """Accepts every output."""
    return True


class StoredAnswers:
    """The answers of one step in an answer store.

    Args:
        store: Stores the answers of all steps.
        warnings: Logs what cannot be stored.
    """

    def __init__(self, store: AnswerStore, warnings: AnswerWarnings) -> None:
        self.store = store
        self._warnings = warnings

    def lookup(self, key: bytes, accept: Accept) -> GenerateOutput | None:
        """Returns a stored answer; None if there is none that is intact and acceptable.

        Args:
            key: Key of the answer.
            accept: Whether an output is acceptable.

        Raises:
            StoreError: The store cannot be read.
        """
        value = self.store.get(key)
        if value is None:
            return None
        output = read_output(value)
        if output is None:
            # It is asked for again, and the new answer replaces it.
            self.store.report_damage(key)
            return None
        return output if accept(output) else None

    async def put(self, key: bytes, output: GenerateOutput) -> None:
        """Stores an answer and returns when it is safe.

        An answer without a JSON form is not stored but only logged: its row still gets it.

        Args:
            key: Key of the answer.
            output: The answer.

        Raises:
            StoreError: The store cannot be written.
        """
        try:
            value = self._serialize(output)
        except TypeError as error:
            self._warnings.not_stored(f"{error}, in an answer")
            return
        await self.store.put(key, value)

    def _serialize(self, output: GenerateOutput) -> bytes:
        try:
            return orjson.dumps(output, option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            clean = orjson.dumps(replace_surrogates(output), option=orjson.OPT_SERIALIZE_NUMPY)
            self._warnings.replaced_surrogates()
            return clean
