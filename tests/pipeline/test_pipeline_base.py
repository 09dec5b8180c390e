"""Protects how pipelines are built: names, connections and `with` blocks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from distilabel._core.build_context import current_pipeline
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import KeepColumns
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers


def test_names_are_made_of_the_class_and_counted() -> None:
    class URIALike(Fn):
        pass

    with Pipeline(name="p") as pipeline:
        one, two = KeepColumns(columns=["a"]), KeepColumns(columns=["a"])
        KeepColumns(name="keep_columns_2", columns=["a"])
        four, other = KeepColumns(columns=["a"]), URIALike()
    assert (one.name, two.name, four.name) == (
        "keep_columns_0",
        "keep_columns_1",
        "keep_columns_3",
    )
    assert other.name == "u_r_i_a_like_0"
    assert pipeline.dag.nodes[0] == "keep_columns_0"


@pytest.mark.parametrize("name", ["a b", "a.b", "", "ü"])
def test_names_that_are_not_allowed(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Fn(name=name)


def test_a_name_is_used_once() -> None:
    with Pipeline(name="p"), pytest.raises(ValueError, match="'a' is already taken"):
        [Fn(name="a"), Fn(name="a")]


def test_an_unnamed_pipeline_is_named_after_its_steps() -> None:
    with Pipeline() as pipeline:
        Numbers() >> Fn()
        assert pipeline.name == "__default_pipeline_name__"
    assert pipeline.name == "pipeline_numbers_0_fn_0"


def test_run_within_the_block_names_it_too(tmp_path: Path) -> None:
    with Pipeline(cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn()
        assert len(pipeline.run()["default"]["train"]) == 10
    assert pipeline.name == "pipeline_numbers_0_fn_0"


def test_all_ways_to_connect() -> None:
    with Pipeline(name="p") as pipeline:
        a, b, c, d, e = Numbers(name="a"), *(Fn(name=n) for n in "bc"), Join(name="d"), Fn(name="e")
        assert (a >> [b, c]) == [b, c]
        assert ([b, c] >> d) is d
        assert (d >> e) is e
        d.connect(f := Fn(name="f"), g := FnGlobal(name="g"))
    assert (f.name, g.name) == ("f", "g")
    assert pipeline.dag.edges == [
        ("a", "b"),
        ("a", "c"),
        ("b", "d"),
        ("c", "d"),
        ("d", "e"),
        ("d", "f"),
        ("d", "g"),
    ]


def test_a_step_may_be_put_into_a_pipeline_by_hand() -> None:
    pipeline = Pipeline(name="p")
    Numbers(name="a", pipeline=pipeline) >> Fn(name="b", pipeline=pipeline)
    assert pipeline.dag.edges == [("a", "b")]


def test_a_step_outside_cannot_be_connected() -> None:
    with pytest.raises(AssertionError, match="with Pipeline"):
        Numbers() >> Fn()


def test_steps_of_two_pipelines_are_not_connected() -> None:
    with Pipeline(name="one"):
        a = Numbers(name="a")
        Fn(name="b")
    with Pipeline(name="two"):
        b = Fn(name="b")
    with pytest.raises(ValueError, match="same `with Pipeline"):
        a >> b


@pytest.mark.parametrize("again", ["edge", "cycle"])
def test_edges_that_are_not_allowed(again: str) -> None:
    with Pipeline(name="p"):
        a, b = Fn(name="a"), Fn(name="b")
        a >> b
        with pytest.raises(ValueError, match=r"already|cycle"):
            (a >> b) if again == "edge" else (b >> a)


def test_a_routing_function_stands_between_a_step_and_a_list() -> None:
    with Pipeline(name="p"):
        a, b = Numbers(), Fn()
        with pytest.raises(DistilabelUserError, match="must follow a step"):
            sample_n_steps(1) >> [b]
        with pytest.raises(DistilabelUserError, match="followed by a list of steps"):
            a >> sample_n_steps(1) >> b


def test_blocks_nest_and_close_when_they_fail() -> None:
    with Pipeline(name="outer") as outer:
        with pytest.raises(ZeroDivisionError), Pipeline(name="inner"):
            raise ZeroDivisionError
        assert current_pipeline() is outer
    assert current_pipeline() is None


def test_threads_do_not_see_each_others_blocks() -> None:
    seen: list[Any] = []
    with Pipeline(name="p"):
        thread = threading.Thread(target=lambda: seen.append(current_pipeline()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_runtime_parameters_of_all_steps() -> None:
    with Pipeline(name="p") as pipeline:
        Numbers(name="load") >> Ask(name="ask", llm=Echo())
    info = pipeline.get_runtime_parameters_info()
    entries: Any = info["ask"]
    names = [entry["name"] for entry in entries]
    assert {"input_batch_size", "llm", "num_generations", "resources"} <= set(names)
    assert list(info) == ["load", "ask"]
