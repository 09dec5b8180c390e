"""Protects routing functions: every documented way to create one, and loading them from a dump."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline, routing_batch_function, sample_n_steps
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from rooms import Fn, Numbers, rows_of


@routing_batch_function
def first(steps: list[str]) -> list[str]:
    return steps[:1]


@routing_batch_function()
def last(steps: list[str]) -> list[str]:
    return steps[-1:]


@routing_batch_function(description="Those in the middle.")
def middle(steps: list[str]) -> list[str]:
    return steps[1:-1]


def take(n: int, *, reverse: bool = False) -> RoutingBatchFunction:
    @routing_batch_function(description="Some.")
    def some(steps: list[str]) -> list[str]:
        return (steps[::-1] if reverse else steps)[:n]

    return some


@pytest.mark.parametrize(
    ("function", "chosen"),
    [(first, ["a"]), (last, ["c"]), (middle, ["b"]), (take(2, reverse=True), ["c", "b"])],
)
def test_with_and_without_parentheses(function: Any, chosen: list[str]) -> None:
    assert isinstance(function, RoutingBatchFunction)
    assert function(None, ["a", "b", "c"]) == chosen
    assert function.route_batch(None, ["a", "b", "c"]) == chosen


def test_a_factory_is_called_again_with_what_it_was_called_with() -> None:
    data = take(1, reverse=True).dump()
    assert data["type_info"] == {
        "module": __name__,
        "name": "take",
        "kwargs": {"n": 1, "reverse": True},
    }
    with pytest.raises(DistilabelUserError, match="allow"):
        RoutingBatchFunction.from_dict(data)


def test_sample_n_steps_is_rebuilt() -> None:
    again = RoutingBatchFunction.from_dict(sample_n_steps(2).dump())
    assert len(again(None, ["a", "b", "c"])) == 2


def test_a_function_without_a_factory_cannot_be_loaded() -> None:
    with pytest.raises(ValueError, match="factory"):
        RoutingBatchFunction.from_dict(first.dump())


def test_a_factory_set_by_hand() -> None:
    function = RoutingBatchFunction(routing_function=lambda steps: steps)
    function.set_factory_function(
        "distilabel.pipeline.routing_batch_function", "sample_n_steps", {"n": 1}
    )
    assert len(RoutingBatchFunction.from_dict(function.dump())(None, ["a", "b"])) == 1


def test_a_factory_with_arguments_of_any_type_can_run(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:

        @routing_batch_function()
        def both(steps: list[str]) -> list[str]:
            return steps

        Numbers(count=4) >> both >> [Fn(name="a"), Fn(name="b")]
    distiset = pipeline.run()
    assert len(rows_of(distiset, "a")) == len(rows_of(distiset, "b")) == 4


@pytest.mark.parametrize("function", [first, last, middle, take(2), sample_n_steps(3)])
def test_it_goes_to_other_processes(function: RoutingBatchFunction) -> None:
    again = pickle.loads(pickle.dumps(function))
    assert again(None, ["a", "b", "c"])
    assert len(again(None, ["a", "b", "c"])) == len(function(None, ["a", "b", "c"]))
    assert again.description == function.description
    assert again.dump() == function.dump()


def first_two(steps: list[str]) -> list[str]:
    return steps[:2]


def test_a_plain_function_routes(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load, a, b, c = Numbers(name="load"), Fn(name="a"), Fn(name="b"), Fn(name="c")
        load.connect(a, b, c, routing_batch_function=first_two)
    distiset = pipeline.run()
    assert sorted(distiset) == ["a", "b"]
    with Pipeline(name="q", cache_dir=tmp_path) as pipeline:
        load, a, b, c = Numbers(name="load"), Fn(name="a"), Fn(name="b"), Fn(name="c")
        load >> first_two >> [a, b, c]
    assert sorted(pipeline.run()) == ["a", "b"]


@pytest.mark.parametrize("function", [3, "text", list, ["a"]])
def test_what_cannot_route_is_refused_before_anything_is_connected(function: Any) -> None:
    with Pipeline(name="p") as pipeline:
        load, a = Numbers(name="load"), Fn(name="a")
        with pytest.raises(DistilabelUserError, match=r"routing_batch_function: a .* cannot route"):
            load.connect(a, routing_batch_function=function)
    assert pipeline.dag.edges == []
