"""`pipeline.dag` is read by programs: names in order, the steps, and what is wrong with them."""

from __future__ import annotations

import pytest

from distilabel.pipeline import Pipeline, routing_batch_function
from distilabel.steps import KeepColumns
from rooms import Ask, Echo, Fn, Join, Numbers


def diamond() -> Pipeline:
    with Pipeline(name="p") as pipeline:
        # Created in another order than they are connected.
        end = Join(name="end")
        load, one, two = Numbers(name="load"), Fn(name="one"), Fn(name="two")
        load >> [two, one] >> end
    return pipeline


def test_names_come_after_those_they_receive_rows_from() -> None:
    dag = diamond().dag
    assert list(dag) == ["load", "two", "one", "end"]
    assert len(dag) == 4
    assert "one" in dag
    assert (dag.root_steps, dag.leaf_steps) == ({"load"}, {"end"})
    assert list(dag.get_step_successors("load")) == ["two", "one"]
    assert list(dag.get_step_predecessors("end")) == ["two", "one"]


def test_a_step_and_its_routing_by_name() -> None:
    @routing_batch_function()
    def first(steps: list[str]) -> list[str]:
        return steps[:1]

    with Pipeline(name="p") as pipeline:
        load, one = Numbers(name="load"), Fn(name="one")
        load >> first >> [one]
    assert pipeline.dag.get_step("one") == {"step": one}
    assert pipeline.dag.get_step("load")["routing_batch_function"] is first


@pytest.mark.parametrize("method", ["get_step", "get_step_successors", "get_step_predecessors"])
def test_a_name_that_is_not_there(method: str) -> None:
    with pytest.raises(ValueError, match=r"'x' is not in this pipeline. Its steps: 'load'"):
        getattr(diamond().dag, method)("x")


def test_validate_checks_and_runs_nothing() -> None:
    model = Echo()
    with Pipeline(name="p") as pipeline:
        Numbers() >> (asking := Ask(llm=model))
    assert pipeline.dag.validate() is None  # type: ignore[func-returns-value]
    with pipeline:
        asking >> KeepColumns(columns=["gone"])
        Fn(name="alone")
    with pytest.raises(ValueError, match="2 problems") as raised:
        pipeline.dag.validate()
    assert "'gone'" in str(raised.value)
    assert "alone receives no rows" in str(raised.value)
    assert model.asked == []


def test_a_ray_pipeline_has_the_same_graph() -> None:
    pipeline = diamond()
    assert pipeline.ray().dag is pipeline.dag
