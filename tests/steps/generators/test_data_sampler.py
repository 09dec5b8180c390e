"""`DataSampler`: the requested number of rows, each combined from existing rows."""

from __future__ import annotations

from typing import Any

from distilabel.steps.generators.data_sampler import DataSampler


def sampler(**fields: Any) -> DataSampler:
    step = DataSampler(**fields)
    step.load()
    return step


def test_rows_are_collected_into_lists() -> None:
    step = sampler(data=[{"a": 1}], size=2, samples=3, batch_size=2)
    assert list(step.process()) == [
        ([{"a": [1, 1]}, {"a": [1, 1]}], False),
        ([{"a": [1, 1]}], True),
    ]


def test_the_values_of_a_row_stay_together() -> None:
    step = sampler(data=[{"a": i, "b": -i} for i in range(10)], size=3, samples=20)
    for rows, _ in step.process():
        for row in rows:
            assert row["b"] == [-a for a in row["a"]]
            assert len(row["a"]) == 3


def test_an_offset_counts_toward_the_samples() -> None:
    step = sampler(data=[{"a": 1}], samples=5, batch_size=2)
    assert [(len(rows), last) for rows, last in step.process(offset=3)] == [(2, True)]
    assert list(step.process(offset=5)) == [([], True)]


def test_without_data_there_are_no_rows() -> None:
    step = sampler(data=[])
    assert step.outputs == []
    assert list(step.process()) == [([], True)]
