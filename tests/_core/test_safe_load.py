"""Protects loading from untrusted files: large, deep, broken, or meant to do harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel._core.safe_load import check_size, parse, read_source
from distilabel.errors import DistilabelUserError

_BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)
_MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{','.join(['*' + chr(97 + i)] * 10)}]}}\n"
    for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_BOMB, "too large"),
        (_MERGES, "<<"),
        ("a: &a [*a]", "nested too deeply"),
        ("[" * 90_000, "nested too deeply"),
        ("[" * 300 + "]" * 300, "nested too deeply"),
        ("!!python/object/apply:os.system ['touch owned']", "not valid YAML"),
        ("a: !!python/object/new:os.system [touch owned]", "not valid YAML"),
        ("a: !!python/name:os.system", "not valid YAML"),
        ("a: [", "not valid YAML"),
        ("a: '\x00'", "not valid YAML"),
        (f"a: {'9' * 5000}", "not valid YAML"),
    ],
)
def test_no_yaml_does_harm(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DistilabelUserError, match=told) as caught:
        parse(text.encode(), "yaml", "the file")
    assert "the file" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[" * 100_000, "not valid JSON"),
        (b"[" * 200 + b"]" * 200, "nested too deeply"),
        (b"[" + b"0," * 1_000_001 + b"0]", "too large"),
        (b"\xff\xfe", "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
def test_no_json_does_harm(text: bytes, told: str) -> None:
    with pytest.raises(DistilabelUserError, match=told):
        parse(text, "json", "the file")


def test_aliases_are_fine_where_they_are_few(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: &a {x: [1, ü]}\nb: *a\n", encoding="utf-8")
    assert read_source(path) == {"a": {"x": [1, "ü"]}, "b": {"x": [1, "ü"]}}


def test_what_goes_round_is_refused() -> None:
    ring: dict[str, Any] = {}
    ring["again"] = ring
    with pytest.raises(DistilabelUserError, match="nested too deeply"):
        check_size(ring)
