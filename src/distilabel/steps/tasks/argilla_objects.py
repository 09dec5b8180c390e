"""Reads records, fields and questions of Argilla, as objects or as dicts, without its package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distilabel.errors import DistilabelUserError


def as_dict(value: Any, what: str) -> dict[str, Any]:
    """Returns an object of Argilla as the dict that its API uses.

    Args:
        value: Dict, or an object of `argilla` or `argilla-v1`.
        what: What it is, for the error.

    Raises:
        DistilabelUserError: It is neither.
    """
    if isinstance(value, Mapping):
        return dict(value)
    # `Record` has a `serialize` as well, which needs a dataset.
    for method in ("to_dict", "serialize", "model_dump", "dict"):
        if callable(found := getattr(value, method, None)):
            converted = found()
            if isinstance(converted, Mapping):
                return dict(converted)
    raise DistilabelUserError(
        f"ArgillaLabeller: {what} must be an object of Argilla or a dict, not a "
        f"{type(value).__name__}."
    )


def field_values(record: Mapping[str, Any], fields: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Returns the title and the value of each field that a record has.

    Args:
        record: Record.
        fields: Fields of the dataset.
    """
    values = record.get("fields") or {}
    return [
        (str(field.get("title") or field["name"]), values[field["name"]])
        for field in fields
        if values.get(field["name"]) is not None
    ]


def response_value(record: Mapping[str, Any], question: str) -> Any:
    """Returns how a record was answered: its first response, or else its suggestion; or None.

    Args:
        record: Record.
        question: Name of the question.
    """
    return _value(record.get("responses"), question, "values") or _value(
        record.get("suggestions"), question, None
    )


def _value(answers: Any, question: str, inner: str | None) -> Any:
    if isinstance(answers, Mapping):
        found = answers.get(question)
        found = found[0] if isinstance(found, list) and found else found
        return found.get("value") if isinstance(found, Mapping) else found
    for answer in answers or ():
        if not isinstance(answer, Mapping):
            continue
        if inner and question in (values := answer.get(inner) or {}):
            found = values[question]
            return found.get("value") if isinstance(found, Mapping) else found
        if answer.get("question_name") == question:
            return answer.get("value")
    return None


def question_type(question: Mapping[str, Any]) -> str:
    """Returns the type of a question, such as `label_selection`.

    Args:
        question: Question.
    """
    return str(question.get("type") or (question.get("settings") or {}).get("type"))


def question_options(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the options of a question, each with `value` and `text`; `text` may be empty.

    Args:
        question: Question.
    """
    options = (question.get("settings") or {}).get("options") or question.get("options") or []
    listed = []
    for option in options:
        value = option.get("value") if isinstance(option, Mapping) else option
        text = (option.get("text") if isinstance(option, Mapping) else None) or ""
        described = option.get("description") if isinstance(option, Mapping) else None
        shown = " - ".join(part for part in (text if text != value else "", described) if part)
        listed.append({"value": value, "text": shown})
    return listed
