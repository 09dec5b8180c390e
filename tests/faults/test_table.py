"""The page of faults is as its tests are, and no row of it can say what is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults import table
from faults.table import Fault, Seen, fault, page

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew with: make faults"


@pytest.mark.parametrize(
    ("promised", "seen", "wrong"),
    [
        ({"error": "no … here"}, Seen(error="no key there", given=1, kept=1), "is not in"),
        ({"error": "a…c"}, Seen(error="a\nc", given=1, kept=1), "is not in"),
        ({"error": "a"}, Seen(error="a", given=2, kept=1), "rows are lost"),
        ({"log": "a"}, Seen(log="a", error="b", given=1, kept=1), "ended the run"),
        ({"row": "a"}, Seen(log="a", given=1, kept=1), "is not in"),
        ({}, Seen(log="x WARNING  y", given=1, kept=1), "noticed"),
        ({}, Seen(row="a", given=1, kept=1), "noticed"),
        ({}, Seen(), "no rows"),
    ],
)
def test_a_row_that_is_not_so_fails(
    promised: dict[str, str], seen: Seen, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "FAULTS", dict[str, Fault]())
    with pytest.raises(AssertionError, match=wrong):
        fault("a fault", done="nothing", **promised)(lambda: seen)()


def test_two_rows_of_one_name_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "FAULTS", dict[str, Fault]())
    fault("a fault", done="this")(lambda: Seen())
    with pytest.raises(AssertionError, match="there already"):
        fault("a fault", done="that")(lambda: Seen())
