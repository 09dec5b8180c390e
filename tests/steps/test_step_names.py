"""A name made from a class fits a folder, and different classes have different ones."""

from __future__ import annotations

from pathlib import Path

from distilabel.pipeline import Pipeline
from distilabel.steps.step_names import LONGEST_NAME, name_of_class
from rooms import Fn, Numbers


def named(name: str) -> type[Fn]:
    return type(name, (Fn,), {"__module__": __name__})


def test_names_of_usual_classes() -> None:
    assert name_of_class(named("KeepColumns")) == "keep_columns"
    assert name_of_class(named("URIAL")) == "u_r_i_a_l"


def test_a_name_that_is_too_long_is_shortened(tmp_path: Path) -> None:
    one, two = named("A" + "b" * 300), named("A" + "b" * 301)
    assert name_of_class(one) != name_of_class(two)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> [one(), two(), one()]
    names = pipeline.dag.nodes
    assert len(set(names)) == 4
    assert max(map(len, names)) <= LONGEST_NAME
    distiset = pipeline.run()
    assert [len(distiset[name]["train"]) for name in distiset] == [2, 2, 2]


def test_a_name_with_its_number_is_never_too_long() -> None:
    for length in range(180, 220):
        assert len(name_of_class(named("a" * length))) <= LONGEST_NAME - 10
