"""What a record shows, under which id, and what people answered about it. Pure functions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from distilabel._distiset.human_columns import HumanAnswer

# A field that shows no text of its own: the digest of the instruction.
ID_FIELD: Final = "id"
ORDER: Final = "order"
QUALITY: Final = "quality"

_NUMBERED: Final = re.compile(r"(?P<column>.+)-(?P<index>\d+)")
_QUESTION: Final = re.compile(r".+-(?P<index>\d+)-(?P<kind>rating|rationale)")


def record_id(fields: Mapping[str, Any]) -> str:
    """Returns the id of a record: a digest of all that it shows.

    A record that is logged again has the same id and replaces itself, and one whose text changed is
    another record, so that no answer stays under a text that no person saw.

    Args:
        fields: Field → text, or messages. Fields without a value do not count.

    Returns:
        64 hexadecimal digits.
    """
    shown = {
        name: value for name, value in fields.items() if value is not None and name != ID_FIELD
    }
    text = json.dumps(shown, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def has_changed(record: Mapping[str, Any]) -> bool:
    """Whether another program changed the texts of a record, which now belie its id.

    Args:
        record: Record, as JSON of the server.
    """
    name = str(record.get("external_id"))
    is_digest = re.fullmatch("[0-9a-f]{64}", name) is not None
    return is_digest and name != record_id(unshuffled(record))


def unshuffled(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a record with the generations in the order of the row.

    Args:
        record: Record, as JSON of the server.
    """
    order = order_of(record)
    fields = {}
    for name, value in record["fields"].items():
        match = _NUMBERED.fullmatch(name)
        if match is not None and int(match["index"]) < len(order):
            fields[f"{match['column']}-{order[int(match['index'])]}"] = value
        else:
            fields[name] = value
    return fields


def order_of(record: Mapping[str, Any]) -> list[int]:
    """Returns which generation of the row each position of a record shows.

    Args:
        record: Record, as JSON of the server.

    Returns:
        Indices of generations; empty if the record shows them in order.
    """
    order = (record.get("metadata") or {}).get(ORDER)
    return [int(index) for index in str(order).split(",")] if order else []


def as_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns fields as columns of a row: `generations-0`, `generations-1` become a list.

    Args:
        fields: Field → its value, as `unshuffled` returns them.
    """
    columns: dict[str, Any] = {}
    for name, value in fields.items():
        match = _NUMBERED.fullmatch(name)
        if name == ID_FIELD:
            continue
        if match is None:
            columns[name] = value
        else:
            listed = columns.setdefault(match["column"], [])
            # Ratings are found by index, so a field that is absent keeps its place.
            listed.extend([None] * (int(match["index"]) + 1 - len(listed)))
            listed[int(match["index"])] = value
    return columns


def column_names(fields: Iterable[str]) -> dict[str, int | None]:
    """Returns the columns that the fields of a dataset come from.

    Args:
        fields: Names of the fields.

    Returns:
        Column → how many items of a list are shown; None for a column that is not a list.
    """
    names = as_columns(dict.fromkeys(fields, ""))
    return {name: len(value) if isinstance(value, list) else None for name, value in names.items()}


def shown_of(
    row: Mapping[str, Any], columns: Mapping[str, int | None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the fields of every record that shows a row, with the generation it shows alone.

    Args:
        row: Row with these columns.
        columns: As `column_names` returns them.

    Yields:
        0 and the fields of the only record. For a column that is a list of texts in the row and a
        single field in the dataset (`generation`), the index and the fields of each distinct text.
    """
    fields: dict[str, Any] = {}
    several: dict[str, list[str | None]] = {}
    for name, count in columns.items():
        value = row[name]
        if count is not None:
            fields.update((f"{name}-{i}", text) for i, text in enumerate((value or [])[:count]))
        elif isinstance(value, list) and all(isinstance(item, (str, type(None))) for item in value):
            several[name] = value
        else:
            fields[name] = messages(value) if isinstance(value, list) else value
    if not several:
        yield 0, fields
    for name, texts in several.items():
        for i, text in enumerate(texts):
            if isinstance(text, str) and text not in texts[:i]:
                yield i, {**fields, name: text}


def messages(conversation: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Returns the messages of a conversation as Argilla keeps them: only `role` and `content`.

    Args:
        conversation: Messages, whose contents are texts.
    """
    return [{"role": message["role"], "content": message["content"]} for message in conversation]


def answers_of(
    record: Mapping[str, Any],
    statuses: Collection[str],
    usernames: Mapping[str, str],
    unit: int = 0,
) -> list[HumanAnswer]:
    """Returns what people answered about a record, earliest first.

    Args:
        record: Record, as JSON of the server.
        statuses: Statuses of the responses to return: `submitted`, `draft`, `discarded`.
        usernames: Names of the users by their ids; an id without a name stays.
        unit: Generation of the row that `quality` is asked about.
    """
    responses = [r for r in record.get("responses") or () if r["status"] in statuses]
    order = order_of(record)
    found = []
    for response in sorted(responses, key=lambda response: str(response.get("updated_at"))):
        user = str(response["user_id"])
        values = response.get("values") or {None: {"value": None}}
        for question, value in values.items():
            kind, position = _kind(question)
            if position is not None and position < len(order):
                position = order[position]
            found.append(
                HumanAnswer(
                    annotator=usernames.get(user, user),
                    question=question,
                    value=value["value"],
                    kind=kind,
                    unit=unit if kind == "label" else position,
                    status=response["status"],
                    at=_time(response.get("updated_at")),
                )
            )
    return found


def _kind(question: str | None) -> tuple[Any, int | None]:
    if question == QUALITY:
        return "label", None
    match = _QUESTION.fullmatch(question or "")
    if match is None:
        return None, None
    return "rating" if match["kind"] == "rating" else "note", int(match["index"])


def _time(text: str | None) -> str | None:
    # The server sends the time in UTC, and does not say so.
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).isoformat()
