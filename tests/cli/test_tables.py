"""Protects the output of commands: sizes and times that people can read, in aligned columns."""

from __future__ import annotations

from datetime import datetime

import pytest

from distilabel.cli.tables import format_size, format_time, print_table


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *((0, "0 bytes"), (812, "812 bytes"), (4_300, "4.3 kB"), (1_500_000, "1.5 MB")),
        *((2e9, "2.0 GB"), (3.2e12, "3200.0 GB")),
    ],
)
def test_a_size_has_a_unit(size: float, text: str) -> None:
    assert format_size(size) == text


def test_a_time_is_exact_to_the_minute() -> None:
    assert format_time(datetime(2026, 3, 4, 5, 6, 59)) == "2026-03-04 05:06"


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "rows"], [["a", "1"], ["longer", "1,000"]])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "a" in line] == [["name", "rows"], ["a", "1"]]
    assert len({len(line) for line in lines[-2:]}) == 1
    assert lines[-1].startswith("longer")
