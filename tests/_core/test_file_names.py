"""Protects folders from names: whatever a name is, its file is in its folder, and its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel._core.file_names import file_name

_SAFE = ["p", "my pipeline", "a.b-c_d", "café", "x" * 200, ".hidden", "why?", "of: b"]
_UNSAFE = [
    *(
        "",
        " ",
        ".",
        "..",
        "...",
        "../x",
        "/x",
        "a/b",
        "a\\b",
        "..\\x",
        "C:x",
        "c:\\x",
        "~",
        "~root",
    ),
    *("a\0b", "a\nb", "\x1b[31m", "x" * 201, "é" * 101, "\ud800"),
]


@pytest.mark.parametrize("name", _SAFE)
def test_a_safe_name_stays(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize("name", _UNSAFE, ids=repr)
def test_any_other_becomes_a_single_plain_name(name: str, tmp_path: Path) -> None:
    made = file_name(name)
    (tmp_path / made).touch()
    assert [each.name for each in tmp_path.iterdir()] == [made]
    assert made.isascii()
    assert len(made) <= 100
    assert file_name(made) == made


def test_different_names_have_different_files() -> None:
    names = [*_SAFE, *_UNSAFE, "x" * 201 + "y", "a_b", "a/_b"]
    assert len({file_name(name) for name in names}) == len(names)
