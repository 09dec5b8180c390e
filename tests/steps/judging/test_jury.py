"""Protects `Jury`: weighted votes, weights from a calibration, majority only where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.pipeline.calibrating import calibrate
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.steps import Jury, LoadDataFromDicts
from distilabel.steps.judging.judge_parts import judge_identity
from distilabel.steps.tasks import PairwiseJudge
from steps.judging.doubles import KnowingJudge, knowing_gold, records

NAMES = ["large", "small", "tiny"]


def verdicts(weights: Any, *rows: list[Any]) -> list[tuple[Any, float | None]]:
    jury = Jury(judges=NAMES, weights=weights)
    jury.load()
    made = next(jury.process([dict(zip(NAMES, row, strict=True)) for row in rows]))
    return [
        (row["verdict"], row["verdict_share"] and round(row["verdict_share"], 3)) for row in made
    ]


def test_one_good_judge_outweighs_two_weak_ones() -> None:
    weights = {"large": 2.0, "small": 0.9, "tiny": 0.8}
    found = verdicts(weights, ["A", "B", "B"], ["A", "tie", "A"], [None, "B", "A"], [None] * 3)
    assert found == [("A", 0.541), ("A", 0.757), ("B", 0.529), (None, None)]


def test_a_majority_has_to_be_asked_for() -> None:
    assert verdicts("majority", ["A", "B", "B"]) == [("B", 0.667)]
    # Of equal votes, that of the first judge.
    assert verdicts("majority", ["tie", "B", None]) == [("tie", 0.5)]


def test_a_judge_that_guesses_has_no_vote() -> None:
    weights = {"large": 1.0, "small": 0.0, "tiny": 0.0}
    assert verdicts(weights, [None, "A", "A"], ["B", "A", "A"]) == [(None, None), ("B", 1)]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"large": 1.0, "small": 1.0}, "weights has no weight for tiny"),
        ({"large": 0.0, "small": 0.0, "tiny": 0.0}, "not all 0"),
        ({"large": -1.0, "small": 1.0, "tiny": 1.0}, "must be 0 or more"),
        ("none.json", "none.json: there is no such file"),
    ],
)
def test_wrong_weights_are_named(weights: Any, message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        verdicts(weights, ["A", "B", "A"])


def test_what_is_no_verdict_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match=r"column 'small' contains a str .'better'"):
        verdicts("majority", ["A", "better", "B"])


def jury_pipeline(cache: Path, weights: Any, **rights: float) -> Pipeline:
    rows = [{k: r[k] for k in ("instruction", "generations")} for r in records(2)]
    with Pipeline(name="jury", cache_dir=cache) as pipeline:
        step: Any = LoadDataFromDicts(name="pairs", data=rows)
        for name, right in rights.items():
            names = {n: f"{n}_{name}" for n in ("rationale", "model_name")} | {"verdict": name}
            llm = KnowingJudge(name=name, right=right)
            judge = PairwiseJudge(name=name, llm=llm, orders=1, output_mappings=names)
            step >> judge
            step = judge
        step >> Jury(name="jury", judges=list(rights), weights=weights)
    return pipeline


def identity(pipeline: Pipeline) -> JudgeIdentity:
    before = [pipeline._steps[name] for name in pipeline.dag.ancestors("jury")]
    return judge_identity(pipeline._steps["jury"], before)


def test_a_jury_is_measured_and_has_its_weights_from_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "judge.json")
    pipeline = jury_pipeline(tmp_path, path, large=0.9, small=0.5, tiny=0.4)
    with pytest.raises(DistilabelUserError, match="no such file"):
        pipeline.run()
    found = calibrate(pipeline, "jury", knowing_gold(150))
    found.save(path)
    # The two weak judges make the same mistakes, and would outvote the good one.
    assert found.weights["large"] > found.weights["small"] == found.weights["tiny"] == 0
    assert found.jury_gain is not None
    assert found.jury_gain.value == 0
    rows = list(pipeline.run()["default"]["train"])
    assert all(row["verdict"] in ("A", "B", "tie") for row in rows)


def test_a_change_to_one_judge_is_a_change_of_the_jury(tmp_path: Path) -> None:
    one = jury_pipeline(tmp_path, "majority", large=0.9, small=0.5)
    other = jury_pipeline(tmp_path, "majority", large=0.9, small=0.6)
    assert identity(other).moved_from(identity(one)) == ["the jury"]
    assert identity(one).moved_from(identity(one)) == []
