"""Every example runs as its first lines say: from the command line, without a key or a network."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# Loads cards from the Hub.
NEEDS_A_NETWORK = {"card_summaries"}
NAMES = sorted({path.stem for path in EXAMPLES.glob("*.py")} - NEEDS_A_NETWORK)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_without_options(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [f"{name}.py"])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    printed = capsys.readouterr()
    assert printed.out.strip(), "it says what it made"
    assert "rows failed" not in printed.err
