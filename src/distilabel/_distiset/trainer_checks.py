"""Checks rows against the formats that the trainers of the library TRL read.

The rules are those that version 1.16 showed: each was tried with one training step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from datasets import Dataset

_ROWS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that a trainer would reject, and why.

    Attributes:
        configuration: Configuration of the distiset.
        split: Split of the configuration.
        row: Number of the row, from 0; None if the whole dataset is rejected.
        column: Column with the problem; None if columns are missing.
        message: What is wrong, and what to do.
    """

    configuration: str
    split: str
    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = f"{self.configuration}/{self.split}"
        return f"{place}{'' if self.row is None else f' row {self.row}'}: {self.message}"


# Column and what is wrong with it; None if a row is accepted.
_Fault = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class _Shape:
    """Columns that a trainer reads together.

    Attributes:
        columns: Columns that must be there.
        optional: Columns that may be there.
        check: Returns what is wrong with the values of these columns.
        mistaken: Column beside these that makes the trainer read others; None for none.
    """

    columns: tuple[str, ...]
    optional: tuple[str, ...]
    check: Callable[[dict[str, Any]], _Fault]
    mistaken: str | None = None


def check_datasets(datasets: Mapping[str, Any], trainer: str) -> list[RowProblem]:
    """Checks all rows.

    Args:
        datasets: Configuration → dataset, or dict of datasets by split.
        trainer: Name of the trainer.

    Returns:
        The problems, in the order of the rows.

    Raises:
        DistilabelUserError: There is no such trainer.
    """
    shapes = _SHAPES.get(trainer.lower())
    if shapes is None:
        raise DistilabelUserError(
            f"validate: the trainer {trainer!r} is not known. Use one of {', '.join(_SHAPES)}."
        )
    found = []
    for configuration, dataset in datasets.items():
        splits = dataset if isinstance(dataset, dict) else {"train": dataset}
        for split, rows in splits.items():
            for row, column, message in _problems(rows, shapes):
                found.append(RowProblem(configuration, split, row, column, message))
    return found


def _problems(
    dataset: Dataset, shapes: tuple[_Shape, ...]
) -> Iterator[tuple[int | None, str | None, str]]:
    names = dataset.column_names
    shape = next((each for each in shapes if set(each.columns) <= set(names)), None)
    if shape is None:
        wanted = ", or ".join(" and ".join(map(repr, each.columns)) for each in shapes)
        yield None, None, f"needs {wanted}; it has {', '.join(map(repr, names)) or 'no columns'}"
        return
    if shape.mistaken in names:
        beside = " and ".join(map(repr, shape.columns))
        text = f"has {shape.mistaken!r} beside {beside}, which makes the trainer look for other "
        yield None, shape.mistaken, f"{text}columns. Remove {shape.mistaken!r}."
        return
    read = [name for name in (*shape.columns, *shape.optional) if name in names]
    number = 0
    for batch in dataset.select_columns(read).iter(_ROWS_AT_ONCE):
        columns: dict[str, list[Any]] = dict(batch)
        for values in zip(*(columns[name] for name in read), strict=True):
            if fault := shape.check(dict(zip(read, values, strict=True))):
                yield number, *fault
            number += 1


def _is_chat(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(message, dict)
            and isinstance(message.get("role"), str)
            and ("content" in message or "tool_calls" in message)
            for message in value
        )
    )


def _form(column: str, value: Any) -> tuple[str | None, _Fault]:
    """Returns "text" or "chat", and what is wrong with a prompt or an answer."""
    if isinstance(value, str):
        return "text", None
    if _is_chat(value):
        return "chat", None
    if value is None:
        return None, (column, f"{column!r} is missing")
    if isinstance(value, list) and not value:
        return None, (column, f"{column!r} is an empty list of messages")
    expected = 'a text or a list of messages like {"role": "user", "content": "..."}'
    return None, (
        column,
        f"{column!r} is of the type {type(value).__name__}, and must be {expected}",
    )


def _same_form(row: dict[str, Any]) -> _Fault:
    """Checks that all columns are texts, or all of them lists of messages."""
    forms = {}
    for column, value in row.items():
        forms[column], fault = _form(column, value)
        if fault is not None:
            return fault
    if len(set(forms.values())) == 1:
        return None
    text = next(column for column, form in forms.items() if form == "text")
    chat = next(column for column, form in forms.items() if form == "chat")
    cure = (
        "Use FormatPreference, or remove the column 'prompt' if the conversations begin with it."
        if text == "prompt"
        else "Make all of them texts, or all of them lists of messages."
    )
    return text, f"{text!r} is a text, but {chat!r} is a list of messages. {cure}"


def _labeled(row: dict[str, Any]) -> _Fault:
    label = row.pop("label")
    if not isinstance(label, bool):
        return "label", f"'label' is {label!r}, and must be True or False"
    return _same_form(row)


def _conversation(row: dict[str, Any]) -> _Fault:
    messages = row["messages"]
    if not _is_chat(messages):
        return "messages", "'messages' is not a list of messages"
    if messages[-1]["role"] != "assistant":
        role = messages[-1]["role"]
        return "messages", f"the last message is of the role {role!r}, and must be the assistant's"
    return None


def _text(row: dict[str, Any]) -> _Fault:
    value = row["text"]
    if isinstance(value, str) and value:
        return None
    return (
        "text",
        "'text' is missing" if not value else f"'text' is of the type {type(value).__name__}",
    )


def _prompt(row: dict[str, Any]) -> _Fault:
    form, fault = _form("prompt", row["prompt"])
    if fault is None and form == "chat" and row["prompt"][-1]["role"] == "assistant":
        return "prompt", "the last message is the assistant's; the trainer's model answers a user"
    return fault


_PAIR: Final = (_Shape(("chosen", "rejected"), ("prompt",), _same_form),)
_ONLINE: Final = (_Shape(("prompt",), (), _prompt),)
# Trainer → the shapes it reads; the first one whose columns are there is checked.
_SHAPES: Final[dict[str, tuple[_Shape, ...]]] = {
    "sft": (
        _Shape(("prompt", "completion"), (), _same_form),
        _Shape(("messages",), (), _conversation, mistaken="prompt"),
        _Shape(("text",), (), _text),
    ),
    "dpo": _PAIR,
    "orpo": _PAIR,
    "reward": _PAIR,
    "kto": (_Shape(("prompt", "completion", "label"), (), _labeled), *_PAIR),
    "grpo": _ONLINE,
    "rloo": _ONLINE,
}
