"""Notes the questions that are asked for one row, for the provenance of its columns.

A context variable: the rows of a task run concurrently, each in a context of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from distilabel._core.hashing import canonical

if TYPE_CHECKING:
    from distilabel.models.protocol import Model

_asked: ContextVar[list[dict[str, Any]] | None] = ContextVar("distilabel_asked", default=None)


@contextmanager
def noted_answers(wanted: bool = True) -> Iterator[list[dict[str, Any]]]:
    """Notes the questions that are asked in the block.

    Args:
        wanted: Whether to note them; if not, the list stays empty.

    Yields:
        A list that grows: `model`, `prompt` (digest) and `answer` (key of the stored answer) of
        each question.
    """
    found: list[dict[str, Any]] = []
    if not wanted:
        yield found
        return
    before = _asked.set(found)
    try:
        yield found
    finally:
        _asked.reset(before)


def note_answer(llm: Model, prompt: Any, key: bytes) -> None:
    """Notes a question, if the run asked for notes.

    Args:
        llm: The model that is asked.
        prompt: The question.
        key: Key of its answer.
    """
    asked = _asked.get()
    if asked is not None:
        asked.append(
            {"model": llm.model_name, "prompt": prompt_digest(prompt), "answer": key.hex()}
        )


def prompt_digest(prompt: Any) -> str:
    """Returns the SHA-256 of a prompt as JSON with sorted keys, in hexadecimal digits.

    Args:
        prompt: A conversation, a pair of a conversation and a structure, or a text.
    """
    chat = prompt[0] if isinstance(prompt, tuple) else prompt
    return hashlib.sha256(canonical(chat)).hexdigest()
