"""Protects what is in a drawing: kinds of steps, routed arrows, and columns that rows carry."""

from __future__ import annotations

from typing import Any

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.pipeline.drawing.picture import Arrow, Box, make_picture
from distilabel.steps import GroupColumns, LoadDataFromDicts, LoadDataFromHub
from distilabel.steps.tasks import TextGeneration
from rooms import Fn, FnGlobal


def test_each_step_is_a_box_of_its_kind_and_each_leaf_has_a_result(pipeline: Pipeline) -> None:
    picture = make_picture(pipeline, True)
    assert picture.boxes == [
        Box("load", "LoadDataFromDicts", "generator"),
        Box("end", "TextGeneration", "task"),
        Box("keep", "KeepColumns", "step"),
        Box("Distiset", "rows of keep", "result"),
    ]
    assert picture.arrows == [
        Arrow(0, 1, ("prompt:instruction", "+ 1 passed on")),
        Arrow(1, 2, ("prompt", "generation", "+ 2 passed on")),
        Arrow(2, 3, ("generation", "prompt")),
    ]


def test_long_lists_of_columns_are_cut() -> None:
    with Pipeline("wide") as pipeline:
        LoadDataFromDicts(name="load", data=[dict.fromkeys("abcdef", 1)])
    [arrow] = make_picture(pipeline, True).arrows
    assert arrow.labels == ("a", "b", "c", "… 3 more")


def test_routed_rows_and_a_dataset_that_is_not_loaded() -> None:
    with Pipeline("routed") as pipeline:
        load = LoadDataFromHub(name="load", repo_id="no/where", batch_size=50)
        tasks = [TextGeneration(name=f"t{i}", llm=SimulatedLLM()) for i in range(2)]
        load >> sample_n_steps(1) >> tasks >> GroupColumns(columns=["generation"])
    picture = make_picture(pipeline, True)
    assert [arrow.routed for arrow in picture.arrows] == [True, True, False, False, False]


def test_a_step_whose_columns_raise_is_drawn() -> None:
    class Broken(Fn):
        @property
        def inputs(self) -> Any:
            raise KeyError("no inputs")

        @property
        def outputs(self) -> Any:
            raise KeyError("no outputs")

    with Pipeline("broken") as pipeline:
        LoadDataFromDicts(name="load", data=[{"a": 1}]) >> Broken(name="b") >> FnGlobal(name="all")
    picture = make_picture(pipeline, True)
    assert [box.kind for box in picture.boxes] == ["generator", "step", "global", "result"]
