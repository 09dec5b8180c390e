"""Protects `Pipeline.draw`: the suffix picks the format, and directories are created."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.svg", b"<svg "),
        ("a.PNG", b"\x89PNG"),
        ("a.mmd", b"flowchart LR\n"),
        ("a.mermaid", b"flowchart LR\n"),
        ("a.md", b"```mermaid\nflowchart LR\n"),
    ],
)
def test_the_suffix_picks_the_format(
    pipeline: Pipeline, tmp_path: Path, name: str, start: bytes
) -> None:
    path = tmp_path / "deep" / name
    assert pipeline.draw(str(path)) == str(path)
    assert path.read_bytes().startswith(start)


def test_an_unknown_suffix_and_an_empty_pipeline_are_errors(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    with pytest.raises(DistilabelUserError, match=r"\.png, \.svg"):
        pipeline.draw(tmp_path / "p.gif")
    with pytest.raises(DistilabelUserError, match="no steps"):
        Pipeline("empty").draw(tmp_path / "p.svg")
    assert list(tmp_path.iterdir()) == []
