"""`TextClustering`: one question per cluster, its label in every row, and the plot."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, TextClustering


def rows_of(*clusters: int | None) -> list[dict[str, Any]]:
    return [
        {"text": f"text {i}", "projection": [float(i), 1.0], "cluster_label": cluster}
        for i, cluster in enumerate(clusters)
    ]


def answer(label: Any) -> str:
    return json.dumps({"labels": label})


def labeled(task: TextClustering, rows: list[dict[str, Any]]) -> list[Any]:
    task.load()
    return [row["summary_label"] for row in next(task.process(rows))]


def make(llm: Any, **fields: Any) -> TextClustering:
    fields.setdefault("savefig", False)
    return TextClustering(llm=llm, use_default_structured_output=False, **fields)


def test_every_row_gets_the_label_of_its_cluster(scripted: Any) -> None:
    llm = scripted(answer("owls"), answer("\u00e9t\u00e9"))
    rows = rows_of(3, -1, 0, 3, None)
    assert labeled(make(llm), rows) == [
        '"\u00e9t\u00e9"',
        "Unclassified",
        '"owls"',
        '"\u00e9t\u00e9"',
        None,
    ]
    assert {row["model_name"] for row in rows} == {llm.model_name}


def test_a_run_without_noise_labels_all_clusters(scripted: Any) -> None:
    assert labeled(make(scripted(answer("a"), answer("b"))), rows_of(0, 1)) == ['"a"', '"b"']
    assert labeled(make(scripted()), rows_of(-1)) == ["Unclassified"]
    assert labeled(make(scripted()), []) == []


def test_several_labels(scripted: Any) -> None:
    task = make(scripted(answer(["a", "b"])), n=2, default_label=["x", "y"])
    assert labeled(task, rows_of(0, -1)) == ['["a", "b"]', '["x", "y"]']


def test_the_prompt_shows_examples_of_the_group(scripted: Any) -> None:
    task = make(scripted())
    task.load()
    shown = str(task.format_input({"text": task._samples(rows_of(0, 0))})[-1]["content"])
    assert "group of similar texts" in shown
    assert "Example 1:\ntext 0\n\nExample 2:\ntext 1\n" in shown
    assert "Classify the text below" not in shown


def test_the_same_few_texts_are_drawn_every_time(scripted: Any) -> None:
    task = make(scripted(), samples_per_cluster=5)
    rows = [{"text": f"text {i % 50}"} for i in range(200)]
    drawn = task._samples(rows)
    assert drawn.count("Example ") == 5 == len(set(drawn.split("\n\n")))
    assert task._samples(rows) == drawn
    assert task._samples([*rows, {"text": "new"}]) != drawn
    assert task._samples([{"text": None}, {"text": "a"}]) == "Example 1:\na"


def test_an_answer_that_cannot_be_read_leaves_no_label_and_says_why(scripted: Any) -> None:
    task = make(scripted("?", answer("b")), name="label", parse_retries=0)
    rows = rows_of(0, 1, 0)
    assert labeled(task, rows) == [None, '"b"', None]
    metadata = [row["distilabel_metadata"] for row in rows]
    assert ["error_label" in each for each in metadata if each] == [True, False, True]


def test_the_prompt_and_the_statistics_are_in_the_first_row_only(scripted: Any) -> None:
    task = make(scripted(answer("a")), name="label")
    rows = rows_of(0, 0)
    rows[0]["distilabel_metadata"] = {"before": 1}
    labeled(task, rows)
    assert set(rows[0]["distilabel_metadata"]) >= {"before", "raw_input_label", "raw_output_label"}
    assert "distilabel_metadata" not in rows[1]


@pytest.mark.parametrize("group", [False, True])
def test_the_first_of_several_generations_counts(group: bool) -> None:
    task = TextClustering(
        llm=SimulatedLLM(), num_generations=3, group_generations=group, savefig=False
    )
    labels = labeled(task, rows_of(0, 0, 1))
    assert all(isinstance(json.loads(label), str) for label in labels)
    assert labels[0] == labels[1]


def test_a_run_asks_once_per_cluster_and_saves_the_plot() -> None:
    with Pipeline() as pipeline:
        load = LoadDataFromDicts(data=rows_of(0, 1, 0, -1, 1))
        label = TextClustering(llm=SimulatedLLM(), name="label")
        load >> label
    distiset = pipeline.run()
    rows = distiset["default"]["train"].to_list()
    assert [row["summary_label"] == "Unclassified" for row in rows] == [0, 0, 0, 1, 0]
    assert rows[0]["summary_label"] == rows[2]["summary_label"]
    assert distiset.artifacts_path is not None
    (figure,) = Path(distiset.artifacts_path).rglob("figure_clustering.png")
    metadata = json.loads((figure.parent / "metadata.json").read_text())
    assert metadata == {"type": "image", "library": "matplotlib"}
    assert figure.parent.name == "Text clusters"


def test_projections_on_a_line_have_no_plot(
    scripted: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = make(scripted(answer("a")), savefig=True)
    task.set_pipeline_artifacts_path(tmp_path)
    rows = [{"text": "t", "projection": [1.0], "cluster_label": 0}]
    assert labeled(task, rows) == ['"a"']
    assert "there is no plot" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster_label": "a"}, "'cluster_label' contains a str"),
        ({"text": 1}, "'text' contains an int"),
    ],
)
def test_wrong_values_are_refused(scripted: Any, change: dict[str, Any], message: str) -> None:
    rows = [{**rows_of(0)[0], **change}]
    with pytest.raises(DistilabelUserError, match=message):
        labeled(make(scripted()), rows)
    with pytest.raises(DistilabelUserError, match="samples_per_cluster is 0"):
        make(scripted(), samples_per_cluster=0).load()


def test_a_missing_package_is_named_before_anything_is_asked(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[text-clustering\]'"):
        make(scripted(), savefig=True).load()


def test_an_answer_that_cannot_be_read_is_asked_for_again(scripted: Any) -> None:
    llm = scripted("?", answer("a"))
    assert labeled(make(llm), rows_of(0)) == ['"a"']
    assert labeled(make(scripted("?", answer(["a", "b"])), n=2), rows_of(0)) == ['["a", "b"]']
