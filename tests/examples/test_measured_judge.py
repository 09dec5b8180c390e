"""The example that measures a judge: refused in one order, trusted in both, then pairs for DPO."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "measured_judge.py"


def test_the_judge_is_refused_in_one_order_and_trusted_in_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLE))["main"]()
    said = capsys.readouterr().out
    assert "orders=1: refused" in said
    assert "keep: the judge is not trusted: it picks the first answer in 0.9" in said
    assert "orders=2: trusted" in said
    assert "pairs for DPO" in said
