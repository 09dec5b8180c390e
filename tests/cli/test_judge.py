"""Protects `distilabel judge`: its exit statuses, what it prints, and the files it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from distilabel.cli.app import app
from distilabel.quality.calibration import Calibration
from distilabel.quality.intervals import Interval
from distilabel.quality.policy import Policy
from quality.test_calibration import CALIBRATION
from steps.judging.doubles import records

SCRIPT = """
from pathlib import Path
from steps.judging.doubles import KnowingJudge, judging
pipeline = judging(Path({cache!r}), llm=KnowingJudge(right={right}), orders=1)
"""


def judge(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["judge", *map(str, arguments)])


def write(folder: Path, right: float, count: int) -> tuple[Path, Path]:
    script, gold = folder / "judging_script.py", folder / "gold.jsonl"
    script.write_text(SCRIPT.format(cache=str(folder / "cache"), right=right))
    gold.write_text("\n".join(json.dumps(each) for each in records(count)))
    return script, gold


@pytest.mark.parametrize(
    ("right", "count", "status", "text"),
    [
        (1.0, 240, 0, "judge is trusted: kappa 1.000"),
        (0.2, 160, 1, "judge is not trusted (refused)"),
        (1.0, 30, 3, "judge is not trusted (too few labels): 20 labeled items"),
    ],
)
def test_calibrate_ends_with_the_decision(
    tmp_path: Path, right: float, count: int, status: int, text: str
) -> None:
    script, gold = write(tmp_path, right, count)
    file = tmp_path / "judge.json"
    result = judge("calibrate", script, "--step", "judge", "--gold", gold, "-o", file)
    assert result.exit_code == status, result.output
    assert text in result.output
    assert Calibration.load(file).measures.n == count - -(-count // 3)


def test_an_estimate_measures_nothing(tmp_path: Path) -> None:
    script, gold = write(tmp_path, 1.0, 30)
    file = tmp_path / "judge.json"
    result = judge("calibrate", script, "--step", "judge", "--gold", gold, "-o", file,
                   "--orders", "2", "--estimate")  # fmt: skip
    assert result.exit_code == 0
    assert "60" in result.output
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["show", "none.json"], "none.json: there is no such file"),
        (["calibrate", "none.py", "--step", "s", "--gold", "g.jsonl"], "File not found"),
        (["calibrate", "p.py", "--step", "s", "--gold", "g", "--orders", "3"], "Use 1, 2 or kept"),
        (["audit", "none.jsonl"], "none.jsonl: there is no such file"),
        (["labels", "--need", "2"], "between 0 and 1"),
        (["compare", "a.json", "b.json"], "a.json: there is no such file"),
        (["labels"], "--need"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(arguments: list[str], text: str) -> None:
    result = judge(*arguments)
    assert result.exit_code == 2
    assert text in result.output


def test_audit_tells_what_a_user_gains(tmp_path: Path) -> None:
    _, gold = write(tmp_path, 1.0, 40)
    data = tmp_path / "data.jsonl"
    rows = [{**r, "ratings": [5, 3] if r["label"] == 0 else [3, 5]} for r in records(40)]
    unlabeled = [{k: v for k, v in row.items() if k != "label"} for row in rows]
    data.write_text("\n".join(map(json.dumps, unlabeled)))
    result = judge("audit", data)
    assert result.exit_code == 0
    assert "unknown without labels of people" in result.output
    result = judge("audit", data, "--gold", gold)
    assert result.exit_code == 3
    assert "of your pairs are the wrong way round" in result.output


def test_show_prints_lines_for_a_card_and_writes_a_page(tmp_path: Path) -> None:
    file, page = tmp_path / "judge.json", tmp_path / "judge.html"
    CALIBRATION.save(file)
    result = judge("show", file, "--html", page)
    assert result.exit_code == 0
    assert "judge is trusted" in result.output
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert judge("show", file, "--card").output.count("\n- ") == 5


def test_show_and_compare_end_with_what_they_found(tmp_path: Path) -> None:
    measures = replace(CALIBRATION.measures, kappa=Interval(0.2, 0.1, 0.3, 120))
    refused = replace(CALIBRATION, measures=measures, decision=Policy().decide(measures))
    good = {f"item {i}": (0, 0, i) for i in range(50)}
    bad = {name: (0, 1, i) for i, name in enumerate(good)}
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    replace(refused, verdicts=bad).save(a)
    replace(CALIBRATION, verdicts=good).save(b)
    assert judge("show", a).exit_code == 1
    assert judge("compare", a, b).exit_code == 0
    result = judge("compare", b, a)
    assert result.exit_code == 1
    assert "B is worse" in result.output


def test_labels_are_counted_for_a_width() -> None:
    assert "407 labels on the test split" in judge("labels", "--need", "0.07").output
