"""Protects programs from files that are not pipelines: each costs one message, nothing runs."""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

Change = Callable[[dict[str, Any]], None]


def good() -> dict[str, Any]:
    with Pipeline(name="good") as pipeline:
        load = LoadDataFromDicts(name="load", data=[{"instruction": "i"}], batch_size=1)
        a = TextGeneration(name="a", llm=SimulatedLLM(), input_batch_size=1)
        b = KeepColumns(name="b", columns=["instruction"], input_batch_size=1)
        load >> sample_n_steps(1) >> [a, b]
    return copy.deepcopy(pipeline.dump())


def set_at(*path: Any, value: Any) -> Change:
    def change(dump: dict[str, Any]) -> None:
        inner: Any = dump
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


HARM = {"module": "os", "name": "system", "kwargs": {"command": "touch owned"}}
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_at("pipeline", "steps", value={"a": 1}), "not a pipeline"),
        (set_at("pipeline", "steps", value=[1]), "Entry 0 of `steps`"),
        (set_at("pipeline", "steps", 0, value={"name": "load"}), "Entry 0 of `steps`"),
        (set_at("pipeline", "steps", 0, "step", value="x"), "'load' is not a step"),
        (set_at("pipeline", "steps", 0, "step", "type_info", value=HARM), "no component"),
        (set_at("pipeline", "steps", 0, "step", "type_info", value="os"), "'load' is not a step"),
        (set_at("pipeline", "steps", 1, "step", "llm", "type_info", value=HARM), "no component"),
        (
            set_at("pipeline", "steps", 1, "step", "llm", "generation_kwargs", "deep", value=DEEP),
            "nested too deeply",
        ),
        (set_at("pipeline", "steps", 1, "step", "llm", "type_info", "name", value="x"), "'?x"),
        (set_at("pipeline", "steps", 2, "step", "columns", value=5), "The step 'b'"),
        (set_at("pipeline", "steps", 2, "step", "name", value="a b"), "The step 'b'"),
        (set_at("pipeline", "steps", 2, "step", "name", value="a"), "'a' is already taken"),
        (set_at("pipeline", "connections", 1, "to", value=["load"]), "cycle"),
        (set_at("pipeline", "connections", 1, "to", value=["nobody"]), "nobody"),
        (set_at("pipeline", "connections", 1, value={"from": "a"}), "Entry 1 of `connections`"),
        (set_at("pipeline", "connections", value=3), "`connections`"),
        (
            set_at("pipeline", "routing_batch_functions", 0, "type_info", value=HARM),
            "not a factory of distilabel",
        ),
        (
            set_at("pipeline", "routing_batch_functions", 0, "type_info", "kwargs", value={"x": 1}),
            "cannot be created",
        ),
        (
            set_at("pipeline", "routing_batch_functions", 0, "type_info", value="x"),
            "cannot be loaded",
        ),
        (set_at("pipeline", value=[]), "not a pipeline"),
    ],
)
def test_one_message_and_nothing_runs(
    change: Change, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dump = good()
    change(dump)
    before = set(sys.modules)
    with pytest.raises(ValueError, match=told):
        Pipeline.from_dict(dump)
    assert list(tmp_path.iterdir()) == []
    assert {m.partition(".")[0] for m in set(sys.modules) - before} <= {"distilabel"}
    # What was open while it failed is closed again.
    assert KeepColumns(columns=["a"]).pipeline is None


def test_numbers_as_keys_are_left_out_like_other_unknown_fields(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dump = good()
    dump[7] = dump["pipeline"][8] = 9  # type: ignore[index]
    dump["pipeline"]["steps"][2]["step"] |= {10: 11, "of_another_version": True}
    with caplog.at_level(logging.WARNING):
        loaded = Pipeline.from_dict(dump)
    assert loaded.dump() == good()
    assert (
        "KeepColumns: unknown fields in the file are ignored: 10, 'of_another_version'"
        in caplog.text
    )


def test_what_a_dump_says_for_people_is_no_unknown_field(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Pipeline.from_dict(good())
    assert caplog.text == ""


def test_a_template_from_a_file_reaches_nothing_of_python(tmp_path: Path) -> None:
    dump = good()
    dump["pipeline"]["steps"][1]["step"]["template"] = (
        "{{ instruction.__class__.__mro__ }}{{ cycler.__init__.__globals__ }}"
    )
    del dump["pipeline"]["steps"][2], dump["pipeline"]["connections"][2]
    dump["pipeline"]["connections"][0]["to"] = ["a"]
    dump["pipeline"]["routing_batch_functions"] = []
    pipeline = Pipeline.from_dict(dump)
    pipeline._cache_dir = tmp_path
    pipeline._steps["load"].data = [{"instruction": "i"}]  # type: ignore[attr-defined]
    distiset = pipeline.run()
    (row,) = distiset["default"]["train"].to_list()
    assert row["generation"] is None
    assert "unsafe" in str(distiset.failures)


def test_from_dict_of_a_file_that_is_a_list() -> None:
    with pytest.raises(DistilabelUserError, match="not a pipeline"):
        Pipeline.from_dict([])  # type: ignore[arg-type]
