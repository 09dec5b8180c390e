"""Protects `KeepJudged`: what it keeps, and that no question is asked for a judge it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline.calibrating import calibrate
from distilabel.quality.calibration import Calibration
from distilabel.quality.intervals import Interval
from distilabel.quality.policy import Policy
from distilabel.steps import KeepJudged
from steps.judging.doubles import KnowingJudge, identity_of, judging, knowing_gold, records


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a judge that is trusted."""
    folder = tmp_path_factory.mktemp("trust")
    calibration = calibrate(judging(folder), "judge", knowing_gold())
    assert calibration.decision.trusted
    calibration.save(folder / "judge.json")
    return str(folder / "judge.json")


def keep(trust: str, **fields: Any) -> Any:
    return lambda: KeepJudged(name="keep", column="verdict", trust=trust, **fields)


def rows_of(pipeline: Any) -> list[dict[str, Any]]:
    return list(pipeline.run()["default"]["train"])


def test_rows_with_a_verdict_of_a_trusted_judge_are_kept(tmp_path: Path, trust: str) -> None:
    pipeline = judging(tmp_path, keep(trust))
    rows = rows_of(pipeline)
    labels = [record["label"] for record in records(7)]
    assert [row["verdict"] for row in rows] == ["AB"[v] for v in labels if v != "tie"]
    # What the card tells is saved with the dataset.
    saved = pipeline.run().artifacts_path
    assert saved is not None
    assert "Decision: trusted." in (saved / "keep" / "judge" / "judge.json").read_text()


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"criteria": "The shorter one is better."}, "the prompt changed"),
        ({"orders": 1}, "the prompt and the orders that are asked .2 -> 1. changed"),
        ({"llm": KnowingJudge(name="other")}, "the model .knowing -> other. changed"),
    ],
)
def test_a_judge_that_changed_is_refused_before_the_first_question(
    tmp_path: Path, trust: str, fields: dict[str, Any], moved: str
) -> None:
    llm = fields.pop("llm", None) or KnowingJudge()
    pipeline = judging(tmp_path, keep(trust), llm=llm, **fields)
    with pytest.raises(DistilabelUserError, match=f"keep: the judge is not trusted: .*{moved}"):
        pipeline.run()
    assert llm._calls == []


def test_a_refusal_names_the_bound_the_labels_and_the_command(tmp_path: Path, trust: str) -> None:
    llm = KnowingJudge()
    known = Calibration.load(trust)
    short = replace(known.measures, n=600, orders=1, kappa=Interval(0.356, 0.303, 0.411, 600))
    identity = identity_of(judging(tmp_path, orders=1))
    decision = Policy().decide(short)
    path = str(tmp_path / "judge.json")
    replace(known, identity=identity, measures=short, decision=decision).save(path)
    with pytest.raises(DistilabelUserError) as refusal:
        judging(tmp_path, keep(path), llm=llm, orders=1).run()
    text = str(refusal.value)
    assert "kappa 0.356 [0.303, 0.411]; the lower bound must be 0.30" in text
    assert "About 14 more labels on the test split would settle it" in text
    assert "distilabel judge calibrate PIPELINE --step judge --gold GOLD -o" in text
    assert "--orders 2" in text
    assert llm._calls == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.json")
    pipeline = judging(tmp_path, keep(missing), lambda: KeepJudged(name="b", column="nothing"))
    with pytest.raises(ValueError, match="has 3 problems") as problems:
        pipeline.run()
    assert "keep: " in str(problems.value)
    assert "none.json: there is no such file" in str(problems.value)


def test_a_judge_that_is_not_trusted_may_pass_where_it_is_wanted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    missing = str(tmp_path / "none.json")
    assert len(rows_of(judging(tmp_path, keep(missing, on_untrusted="pass")))) == 6
    assert "none.json" not in caplog.text
    pipeline = judging(tmp_path, keep(missing, on_untrusted="report"))
    distiset = pipeline.run()
    assert "keep: " in caplog.text
    assert "none.json: there is no such file" in caplog.text
    assert distiset.artifacts_path is not None
    saved = (distiset.artifacts_path / "keep" / "judge" / "judge.json").read_text()
    assert 'on_untrusted=\\"report\\"' in saved


def test_a_column_from_the_data_cannot_be_trusted(tmp_path: Path, trust: str) -> None:
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts

    with Pipeline(cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(data=[{"verdict": "A"}]) >> keep(trust)()
    with pytest.raises(DistilabelUserError, match="no step before it makes 'verdict'"):
        pipeline.run()


def test_a_precision_that_is_not_proved_is_refused(tmp_path: Path, trust: str) -> None:
    assert len(rows_of(judging(tmp_path, keep(trust, precision=0.9)))) == 6
    with pytest.raises(DistilabelUserError, match=r"precision 1\.00 cannot be proved: people acc"):
        judging(tmp_path, keep(trust, precision=0.999)).run()


def test_a_precision_that_holds_is_needed_whatever_is_done_with_trust(tmp_path: Path) -> None:
    pipeline = judging(tmp_path, keep(str(tmp_path / "none.json"), precision=0.9,
                                      on_untrusted="pass"))  # fmt: skip
    with pytest.raises(DistilabelUserError, match="no such file"):
        pipeline.run()


def kept(values: list[Any], kind: str = "pair", **fields: Any) -> list[Any]:
    step = KeepJudged(column="c", on_untrusted="pass", **fields)
    step._kind, step._limit = kind, step.at_least
    return [row["c"] for row in next(step.process([{"c": value} for value in values]))]


def test_every_form_of_judgement_is_read() -> None:
    assert kept(["A", "tie", None, "B", 1.0][:4]) == ["A", "B"]
    assert kept([True, False, None]) == [True]
    assert kept([4, 3.5, None, float("nan")], at_least=3.7) == [4]
    assert kept([[5, 2], [3, 3], [None, 2], [2, 1]]) == [[5, 2], [2, 1]]
    assert kept([[5, 2], [2, 1]], at_least=4) == [[5, 2]]
    assert kept([{"a": 4, "b": 5}, {"a": 1, "b": None}], "rating", at_least=4.5) == [
        {"a": 4, "b": 5}
    ]


@pytest.mark.parametrize(
    ("value", "fields", "message"),
    [
        (3, {}, "contains numbers. Set `at_least` or `precision`"),
        ("good", {}, "contains a str. It must contain a verdict"),
    ],
)
def test_other_content_is_an_error(value: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        kept([value], **fields)


def test_two_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="Set one of them"):
        KeepJudged(column="c", at_least=3, precision=0.8)


def test_a_cut_that_was_fitted_is_the_limit(tmp_path: Path, trust: str) -> None:
    calibration = Calibration.load(trust)
    path = tmp_path / "judge.json"
    replace(
        calibration, cut=3.0, measures=replace(calibration.measures, kind="pass")
    ).save(path)  # fmt: skip
    step = KeepJudged(column="c", trust=str(path))
    step.load()
    assert [row["c"] for row in next(step.process([{"c": 2}, {"c": 3}]))] == [3]
