"""Protects calibrations of judges in pipelines: what is asked, stored, measured and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.pipeline.calibrating import GoldRun, calibrate
from distilabel.quality.gold import Gold, gold_of
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import PrometheusEval, UltraFeedback
from steps.judging.doubles import KnowingJudge, identity_of, judging, knowing_gold, records


def test_a_second_calibration_asks_nothing(tmp_path: Path) -> None:
    llm = KnowingJudge(right=0.8)
    pipeline = judging(tmp_path, llm=llm)
    first = calibrate(pipeline, "judge", knowing_gold(60))
    assert len(llm._calls) == 120
    assert calibrate(pipeline, "judge", knowing_gold(60)) == first
    assert len(llm._calls) == 120
    # The pipeline itself is as it was.
    assert [*pipeline._steps] == ["pairs", "judge"]
    assert first.identity == identity_of(pipeline)


def test_other_orders_are_those_of_another_judge(tmp_path: Path) -> None:
    pipeline = judging(tmp_path, llm=KnowingJudge(right=0.7), orders=1)
    found = calibrate(pipeline, "judge", knowing_gold(60), orders=2)
    assert found.measures.orders == 2
    assert found.measures.consistency is not None
    assert identity_of(pipeline).moved_from(found.identity) == [
        "the prompt",
        "the orders that are asked (2 -> 1)",
    ]


def test_rows_that_fail_count_as_not_parsed(tmp_path: Path, scripted: Any) -> None:
    texts = ["Verdict: A", "nothing", "nothing"] * 20
    pipeline = judging(tmp_path, llm=scripted(*texts), orders=1)
    gold = gold_of(records(30, split="test"))
    measures = calibrate(pipeline, "judge", gold).measures
    assert 0 < measures.n < measures.items == 30


def rated(count: int, kind: str, label: Any) -> Gold:
    return gold_of(
        {**each, "kind": kind, "generations": [f"{row % 5 + 1}"], "label": label(row % 5 + 1)}
        for row, each in enumerate(records(count))
    )


@pytest.fixture
def rating(tmp_path: Path, scripted: Any) -> Pipeline:
    with Pipeline(cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": "x", "generation": "y"}])
        texts = [f"Good. [RESULT] {row % 5 + 1}" for row in range(60)]
        load >> PrometheusEval(
            name="judge", llm=scripted(*texts), mode="absolute", rubric="honesty"
        )
    return pipeline


def test_ratings_are_measured_with_weights(rating: Pipeline) -> None:
    found = calibrate(rating, "judge", rated(60, "rating", lambda n: n))
    assert found.measures.kappa.value == 1
    assert (found.cut, found.scored) == (None, ())


def test_the_score_that_passes_is_chosen_on_the_other_split(rating: Pipeline) -> None:
    found = calibrate(rating, "judge", rated(60, "pass", lambda n: n >= 4))
    assert (found.cut, found.measures.kappa.value) == (4, 1)
    assert [each.score for each in found.scored] == [5, 4, 3, 2, 1]
    assert [each.right > 0 for each in found.scored] == [True, True, False, False, False]


def test_ratings_of_two_texts_are_verdicts(tmp_path: Path, scripted: Any) -> None:
    texts = ["Rating: 5\nRationale: x\n\nRating: 2\nRationale: y"] * 12
    with Pipeline(cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=[{"question": "x", "generations": ["a", "b"]}])
        load >> UltraFeedback(
            name="judge", llm=scripted(*texts), input_mappings={"instruction": "question"},
            output_mappings={"ratings": "points"},
        )  # fmt: skip
    measures = calibrate(pipeline, "judge", knowing_gold(12)).measures
    assert measures.first_pick is not None
    assert measures.first_pick.value == 1


@pytest.mark.parametrize(
    ("step", "fields", "message"),
    [
        ("jugde", {}, "'jugde' is not in the pipeline.*judge"),
        ("pairs", {}, "it generates rows"),
    ],
)
def test_a_step_that_does_not_judge_is_named(
    tmp_path: Path, step: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        GoldRun(judging(tmp_path), step, knowing_gold(6), **fields)


def test_gold_without_a_test_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DistilabelUserError, match="no gold item is in the test split"):
        calibrate(judging(tmp_path), "judge", gold_of(records(3, split="fit")))
