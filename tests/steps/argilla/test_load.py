"""`LoadFromArgilla`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.argilla.load import LoadFromArgilla


def _response(user: str, question: str, value: Any, status: str = "submitted") -> Any:
    return SimpleNamespace(user_id=user, question_name=question, value=value, status=status)


def _dataset(*responses: Any) -> Any:
    fields = {"id": "x", "instruction": "i", "generations-0": "a", "generations-1": "b"}
    record = SimpleNamespace(fields=fields, responses=responses, status="pending")
    return SimpleNamespace(
        settings=SimpleNamespace(fields=[SimpleNamespace(name=name) for name in fields]),
        records=lambda with_responses: [record],
    )


def test_people_are_kept_apart_and_discarded_is_no_rating(server: Any) -> None:
    server.datasets["d"] = _dataset(
        _response("u", "generations-1-rating", 2),
        _response("v", "generations-1-rating", 5),
        _response("w", "generations-1-rating", 1, "discarded"),
        _response("u", "generations-0-rationale", "good"),
    )
    step = LoadFromArgilla(name="load", dataset_name="d", status=["submitted", "discarded"])
    ((row,), last) = next(step.process())
    assert last
    assert (row["instruction"], row["generations"]) == ("i", ["a", "b"])
    assert row["human_ratings"] == [None, 3.5]
    assert row["human_notes"] == [["good"], []]
    assert row["human_count"] == 2
    assert [answer["annotator"] for answer in row["human_answers"]] == ["u", "v", "w", "u"]
    assert set(step.outputs) == set(row)


def test_only_wanted_records_are_loaded(server: Any) -> None:
    server.datasets["d"] = _dataset(_response("u", "quality", "good", "draft"))
    assert next(LoadFromArgilla(name="a", dataset_name="d").process()) == ([], True)
    completed = LoadFromArgilla(name="b", dataset_name="d", status=["draft"], only_completed=True)
    assert next(completed.process()) == ([], True)


def test_missing_dataset_is_named(server: Any) -> None:
    with pytest.raises(DistilabelUserError, match="no dataset 'gone'"):
        next(LoadFromArgilla(name="load", dataset_name="gone").process())


def test_a_failure_while_records_are_read_shows_no_key(server: Any) -> None:
    key = "argilla.secret-key"

    def records(with_responses: bool) -> Any:
        yield from ()
        raise RuntimeError(f"gone, for {key}")

    server.datasets["d"] = _dataset()
    server.datasets["d"].records = records
    step = LoadFromArgilla(name="load", dataset_name="d")
    with pytest.raises(DistilabelUserError, match=r"cannot read the dataset 'd'.*gone") as raised:
        next(step.process())
    assert key not in str(raised.value)
    assert key not in str(LoadFromArgilla(name="a", dataset_name="d", api_key=key).dump())
