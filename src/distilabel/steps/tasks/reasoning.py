"""What a model thought, in the rows of a task: its column, and whether a task can have it."""

from __future__ import annotations

from typing import Any, Final

from distilabel.errors import DistilabelUserError

# The column, and what models call it in their outputs.
REASONING: Final = "reasoning"
# Of one generation among others that have a text; one that is alone is the model's to tell.
NO_ANSWER: Final = "the model thought, but gave no text; if it was cut off, raise max_new_tokens"


def check_column(task: Any, *, asks_once: bool) -> None:
    """Makes sure that a task can keep a column with what its model thought.

    Args:
        task: asked to keep it.
        asks_once: whether it asks one question per row, in the way of all tasks.

    Raises:
        DistilabelUserError: it cannot.
    """
    if not asks_once:
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} asks in a way of its own, and has no column "
            f"{REASONING!r}: leave out add_reasoning."
        )
    if REASONING in task.outputs:
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} has a column {REASONING!r} of its own: leave out "
            "add_reasoning; what the model thought is in distilabel_metadata then."
        )
