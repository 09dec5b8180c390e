"""What a record shows, under which id, and what people answered about it."""

from __future__ import annotations

from typing import Any

from distilabel._distiset.argilla.records import (
    answers_of,
    as_columns,
    column_names,
    has_changed,
    record_id,
    shown_of,
    unshuffled,
)

FIELDS = {"id": "x", "instruction": "i", "generations-0": "a", "generations-1": "b"}
SHUFFLED: dict[str, Any] = {
    "external_id": record_id(FIELDS),
    "fields": {**FIELDS, "generations-0": "b", "generations-1": "a"},
    "metadata": {"order": "1,0"},
}


def test_the_id_depends_on_what_is_shown_alone() -> None:
    name = record_id(FIELDS)
    assert record_id(dict(reversed(FIELDS.items()))) == name
    assert record_id({**FIELDS, "id": "y", "generations-2": None}) == name
    assert record_id({**FIELDS, "instruction": "j"}) != name
    assert record_id({"a": "1", "b": "2"}) != record_id({"a": "1b", "": "2"})
    assert len(record_id({"text": "\ud800"})) == 64


def test_generations_get_the_order_of_the_row_back() -> None:
    assert unshuffled(SHUFFLED) == FIELDS
    assert as_columns(FIELDS) == {"instruction": "i", "generations": ["a", "b"]}
    assert as_columns({"g-2": "c"}) == {"g": [None, None, "c"]}


def test_a_text_that_changed_under_its_id_is_noticed() -> None:
    assert not has_changed(SHUFFLED)
    assert has_changed({**SHUFFLED, "fields": {**FIELDS, "instruction": "j"}})
    # Version 1.5.3 left the id to the server.
    assert not has_changed({"external_id": "1b0c8a5e-0000", "fields": FIELDS})


def test_a_row_is_shown_by_one_record_or_one_per_text() -> None:
    columns = column_names(FIELDS)
    assert columns == {"instruction": None, "generations": 2}
    row: dict[str, Any] = {"instruction": "i", "generations": ["a", "b", "c"]}
    ((unit, fields),) = shown_of(row, columns)
    assert (unit, record_id(fields)) == (0, record_id(FIELDS))
    columns = column_names(["id", "instruction", "generation", "conversation"])
    row = {
        "instruction": "i",
        "generation": ["a", "b", "a", None],
        "conversation": [{"role": "user", "content": "i", "more": 1}],
    }
    shown = list(shown_of(row, columns))
    assert [(unit, fields["generation"]) for unit, fields in shown] == [(0, "a"), (1, "b")]
    assert shown[0][1]["conversation"] == [{"role": "user", "content": "i"}]


def test_answers_are_those_of_the_generation_in_the_row() -> None:
    def response(user: str, status: str, at: str, **values: Any) -> dict[str, Any]:
        named = {name.replace("_", "-"): {"value": value} for name, value in values.items()}
        return {"user_id": user, "status": status, "updated_at": at, "values": named or None}

    record = {
        **SHUFFLED,
        "responses": [
            response("u2", "submitted", "2026-11-28T10:00:00", generations_0_rating=5),
            response("u1", "submitted", "2026-11-28T09:00:00", generations_1_rationale="why"),
            response("u1", "submitted", "2026-11-28T11:00:00", quality="good", topic="math"),
            response("u3", "discarded", "2026-11-28T12:00:00"),
            response("u4", "draft", "2026-11-28T13:00:00", generations_0_rating=1),
        ],
    }
    found = answers_of(record, ["submitted", "discarded"], {"u1": "ann"}, unit=1)
    assert [(a.annotator, a.question, a.kind, a.unit, a.value) for a in found] == [
        ("ann", "generations-1-rationale", "note", 0, "why"),
        ("u2", "generations-0-rating", "rating", 1, 5),
        ("ann", "quality", "label", 1, "good"),
        ("ann", "topic", None, None, "math"),
        ("u3", None, None, None, None),
    ]
    assert found[0].at == "2026-11-28T09:00:00+00:00"
