"""`make_generator_step`: the right step for the data, without a download."""

from __future__ import annotations

from typing import Any

import pyarrow
import pytest
from datasets import Dataset, DatasetDict, IterableDataset

from distilabel.errors import DistilabelUserError
from distilabel.steps.base import StepResources
from distilabel.steps.generators.utils import make_generator_step

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]


def frame() -> Any:
    import pandas

    return pandas.DataFrame(ROWS, index=[7, 8, 9])


def polars_frame() -> Any:
    import polars

    return polars.DataFrame(ROWS)


def stream() -> Any:
    return Dataset.from_list(ROWS).to_iterable_dataset()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (lambda: ROWS, "LoadDataFromDicts"),
        (frame, "LoadDataFromHub"),
        (polars_frame, "LoadDataFromHub"),
        (lambda: pyarrow.Table.from_pylist(ROWS), "LoadDataFromHub"),
        (lambda: Dataset.from_list(ROWS), "LoadDataFromHub"),
        (stream, "LoadDataFromHub"),
    ],
)
def test_every_type_of_data_yields_the_same_rows(data: Any, kind: str) -> None:
    step: Any = make_generator_step(data(), batch_size=2, output_mappings={"a": "z"})
    step.load()
    assert type(step).__name__ == kind
    assert step.outputs == ["a", "b"]
    renamed = [{"z": row["a"], "b": row["b"]} for row in ROWS]
    assert list(step.process_applying_mappings()) == [(renamed[:2], False), (renamed[2:], True)]
    assert list(step.process(offset=2)) == [(ROWS[2:], True)]


def test_num_examples_limits_the_rows_at_run_time() -> None:
    step: Any = make_generator_step(Dataset.from_list(ROWS))
    assert step.num_examples == 3
    step.set_runtime_parameters({"num_examples": 1})
    step.load()
    assert list(step.process()) == [(ROWS[:1], True)]


def test_a_stream_is_read_only_as_far_as_needed() -> None:
    read = []

    def rows() -> Any:
        for number in range(1000):
            read.append(number)
            yield {"a": number}

    step: Any = make_generator_step(IterableDataset.from_generator(rows), batch_size=10)
    step.load()
    made = step.process()
    assert next(made) == ([{"a": number} for number in range(10)], False)
    assert len(read) < 50


def test_resources_and_name_reach_the_step() -> None:
    step: Any = make_generator_step(Dataset.from_list(ROWS), resources=StepResources(replicas=2))
    assert step.resources.replicas == 2
    assert step.repo_id == "default_name"


@pytest.mark.parametrize("data", ["x", None, DatasetDict(train=Dataset.from_list(ROWS))])
def test_other_types_are_rejected_by_name(data: Any) -> None:
    with pytest.raises(DistilabelUserError, match=f"{type(data).__name__}.*list of dicts"):
        make_generator_step(data)
