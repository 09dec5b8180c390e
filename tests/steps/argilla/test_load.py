"""`LoadFromArgilla`."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps import LoadFromArgilla, PreferenceToArgilla
from fake_argilla import KEY, FakeArgilla, FakeDataset


def _logged(server: FakeArgilla, *rows: dict[str, Any], **fields: Any) -> FakeDataset:
    step = PreferenceToArgilla(name="show", num_generations=2, dataset_name="d", **fields)
    step.load()
    next(step.process(list(rows)))
    return server.datasets["d"]


ROW = {"instruction": "i", "generations": ["a", "b"]}


@pytest.mark.parametrize("shuffle", [False, True])
def test_people_are_kept_apart_and_discarded_is_no_rating(
    server: FakeArgilla, shuffle: bool
) -> None:
    dataset = _logged(server, ROW, shuffle_generations=shuffle)
    ((name, record),) = dataset.kept.items()
    # Where the generation "b" is shown.
    place = 1 if record.fields["generations-1"] == "b" else 0
    rating = f"generations-{place}-rating"
    dataset.answer(name, "u1", {rating: 2, f"generations-{1 - place}-rationale": "good"})
    dataset.answer(name, "u2", {rating: 5})
    dataset.answer(name, "u3", {rating: 1}, "discarded")
    dataset.answer(name, "u4", None, "discarded")
    step = LoadFromArgilla(name="load", dataset_name="d", status=["submitted", "discarded"])
    ((row,), last) = next(step.process())
    assert last
    assert (row["instruction"], row["generations"]) == ("i", ["a", "b"])
    assert row["human_ratings"] == [None, 3.5]
    assert row["human_notes"] == [{"unit": 0, "text": "good"}]
    assert row["human_count"] == 2
    assert [
        (answer["annotator"], answer["unit"], answer["value"], answer["status"])
        for answer in row["human_answers"]
    ] == [
        ("ann", 1, "2", "submitted"),
        ("ann", 0, '"good"', "submitted"),
        ("bob", 1, "5", "submitted"),
        ("u3", 1, "1", "discarded"),
        ("u4", None, "null", "discarded"),
    ]
    assert row["human_answers"][0]["at"] == "2026-11-28T09:00:00+00:00"
    assert list(row) == step.outputs


def test_records_are_read_page_by_page_while_rows_are_yielded(server: FakeArgilla) -> None:
    dataset = _logged(server, *({**ROW, "instruction": str(i)} for i in range(600)))
    for name in dataset.kept:
        dataset.answer(name, "u1", {"generations-0-rating": 1})
    batches = LoadFromArgilla(name="load", dataset_name="d", batch_size=100).process(offset=50)
    rows, last = next(batches)
    assert (rows[0]["instruction"], len(rows), last) == ("50", 100, False)
    assert server.pages == [250]
    rest = list(batches)
    assert [(len(rows), last) for rows, last in rest][-1] == (50, True)
    assert server.pages == [250, 250, 100]


def test_only_wanted_records_are_loaded(server: FakeArgilla) -> None:
    dataset = _logged(server, ROW)
    (name,) = dataset.kept
    dataset.answer(name, "u1", {"generations-0-rating": 1}, "draft")
    assert next(LoadFromArgilla(name="a", dataset_name="d").process()) == ([], True)
    completed = LoadFromArgilla(name="b", dataset_name="d", status=["draft"], only_completed=True)
    assert next(completed.process()) == ([], True)
    dataset.completed.add(name)
    assert len(next(completed.process())[0]) == 1


def test_the_server_is_not_asked_before_the_columns_are_needed(server: FakeArgilla) -> None:
    server.refusal = "down"
    step = LoadFromArgilla(name="load", dataset_name="d")
    assert step._known_outputs() == {}
    assert step.dump()["dataset_name"] == "d"
    with pytest.raises(DistilabelUserError, match="did not connect: RuntimeError: down"):
        assert step.outputs


def test_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="`status` has 'done'"):
        LoadFromArgilla(name="load", dataset_name="d", status=["done"])


def test_missing_dataset_is_named(server: FakeArgilla) -> None:
    _logged(server, ROW)
    with pytest.raises(DistilabelUserError, match=r"no dataset 'gone' .*Its datasets: 'd'"):
        next(LoadFromArgilla(name="load", dataset_name="gone").process())


def test_a_failure_while_records_are_read_shows_no_key(server: FakeArgilla) -> None:
    _logged(server, ROW)
    step = LoadFromArgilla(name="load", dataset_name="d")
    assert step.outputs
    server.refusal = "gone"
    with pytest.raises(DistilabelUserError, match=r"did not read the dataset 'd'.*gone") as raised:
        next(step.process())
    assert KEY not in str(raised.value)
    assert KEY not in str(LoadFromArgilla(name="a", dataset_name="d", api_key=KEY).dump())
