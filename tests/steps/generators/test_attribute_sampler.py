"""`AttributeSampler`: what must occur occurs, the rest by weight, the same rows in every run."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.steps.generators.attribute_sampler import AttributeSampler

JOBS, MOODS = ["nurse", "pilot", "baker"], ["calm", "hasty"]
ATTRIBUTES: dict[str, Any] = {"job": JOBS, "mood": MOODS, "topic": {"sleep": 9, "tax": 1, "no": 0}}


def sampler(**fields: Any) -> AttributeSampler:
    return AttributeSampler(**{"attributes": ATTRIBUTES, "name": "a", **fields})


def rows(offset: int = 0, **fields: Any) -> list[dict[str, Any]]:
    step = sampler(**fields)
    step.load()
    batches = list(step.process(offset))
    assert [last for _, last in batches] == [False] * (len(batches) - 1) + [True]
    return [row for batch, _ in batches for row in batch]


def test_every_pair_occurs_without_a_number_of_rows() -> None:
    made = rows(coverage="pairs")
    assert {(row["job"], row["mood"]) for row in made} == set(product(JOBS, MOODS))
    assert {(row["job"], row["topic"]) for row in made} == set(product(JOBS, ["sleep", "tax"]))
    assert len(made) < 12


def test_every_value_occurs_in_the_first_rows_and_weights_decide_on_the_others() -> None:
    made = rows(num_rows=403)
    assert {row["job"] for row in made[:3]} == {*JOBS}
    counts = Counter(row["topic"] for row in made[3:])
    assert 320 < counts["sleep"] < 390
    assert counts["sleep"] + counts["tax"] == 400


def test_reruns_offsets_and_more_rows_make_the_same_rows() -> None:
    made = rows(num_rows=30, batch_size=7)
    assert rows(num_rows=30) == made
    assert rows(num_rows=20) == made[:20]
    assert rows(num_rows=30, offset=12) == made[12:]
    assert rows(num_rows=30, offset=30) == []
    assert rows(num_rows=30, seed=1) != made


def test_templates_become_columns() -> None:
    step = sampler(templates={"system_prompt": "A {{ mood }} {{ job }}."})
    assert step.outputs == ["job", "mood", "topic", "system_prompt"]
    for row in rows(templates={"system_prompt": "A {{ mood }} {{ job }}."}):
        assert row["system_prompt"] == f"A {row['mood']} {row['job']}."


def test_values_are_not_templates() -> None:
    (row,) = rows(attributes={"a": ["{{ 7 * 7 }}"]}, templates={"b": "{{ a }}"})
    assert row["b"] == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"attributes": {}}, "at least 1 item"),
        ({"attributes": {"a": []}}, "'a' has no value that can be drawn"),
        ({"attributes": {"a": {"x": 0}}}, "'a' has no value that can be drawn"),
        ({"attributes": {"a": {"x": -1}}}, "weights of 'a' are"),
        ({"templates": {"t": "{{ jobs }}"}}, "'t' uses 'jobs', which is not an attribute"),
        ({"templates": {"job": "x"}}, "'job' is an attribute as well"),
        ({"templates": {"t": "{{ job"}}, "not valid Jinja"),
    ],
)
def test_mistakes_are_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        sampler(**fields)


def test_rows_that_cannot_cover_are_a_mistake() -> None:
    with pytest.raises(DistilabelUserError, match="num_rows is 2, but coverage='values' takes 3"):
        sampler(num_rows=2).load()
    with pytest.raises(DistilabelUserError, match="needs num_rows"):
        sampler(coverage="none").load()


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = sampler(coverage="pairs", templates={"t": "{{ job }}"}).dump()
    assert AttributeSampler.from_dict(dump).dump() == dump
