"""Ids belong to texts: answers survive another order, and never move to a text that changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.review.answers.row_ids import digests
from reviewing import Desk, in_memory, preference_rows


def _bound(desk: Desk, *positions: int) -> list[str]:
    rows = dict(zip(positions, desk.table.take(positions), strict=True))
    return list(desk.ids.bind(rows).values())


def _match(desk: Desk) -> None:
    for start, found in digests(desk.table, desk.source.shown):
        desk.ids.match(start, found)


def test_rows_with_equal_texts_have_ids_of_their_own(tmp_path: Path) -> None:
    row = preference_rows(1)[0]
    desk = Desk(tmp_path / "r.sqlite", in_memory([row, {**row, "ratings": [9.0, 9.0]}, row]))
    ids = _bound(desk, 2, 0, 1)
    assert len(set(ids)) == 3
    # Ratings are not part of it.
    assert {uid.partition("-")[0] for uid in ids} == {ids[0]}
    assert _bound(desk, 2, 0, 1) == ids


def test_ids_survive_a_restart_and_another_order(tmp_path: Path) -> None:
    rows = preference_rows(30)
    path = tmp_path / "r.sqlite"
    desk = Desk(path, in_memory(rows))
    ids = dict(zip((3, 7), _bound(desk, 3, 7), strict=True))
    desk.file.close()
    again = Desk(path, in_memory(rows))
    assert again.ids.position(ids[3]) == 3
    again.file.close()
    turned = Desk(path, in_memory(rows[::-1], "2"))
    assert turned.ids.position(ids[3]) is None
    assert set(turned.ids.unbound) == set(ids.values())
    _match(turned)
    assert turned.ids.position(ids[3]) == 26
    assert turned.ids.position(ids[7]) == 22
    assert turned.ids.unbound == []


def test_a_row_that_is_shown_before_the_search_ends_keeps_its_id(tmp_path: Path) -> None:
    rows = preference_rows(30)
    path = tmp_path / "r.sqlite"
    desk = Desk(path, in_memory(rows))
    [uid] = _bound(desk, 3)
    desk.file.close()
    turned = Desk(path, in_memory(rows[::-1], "2"))
    assert _bound(turned, 26) == [uid]
    _match(turned)
    assert turned.ids.position(uid) == 26


def test_the_id_of_a_changed_text_has_no_row(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = preference_rows(5)
    path = tmp_path / "r.sqlite"
    desk = Desk(path, in_memory(rows))
    ids = _bound(desk, 1, 2)
    desk.file.close()
    rows[1] = {**rows[1], "generations": ["new", "texts"]}
    changed = Desk(path, in_memory(rows, "2"))
    _match(changed)
    assert changed.ids.unbound == [ids[0]]
    assert _bound(changed, 1) != [ids[0]]


def test_looking_stores_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r.sqlite", in_memory(preference_rows(3)))
    [row] = desk.table.take([1])
    uid = desk.ids.peek(1, row)
    assert desk.ids.position(uid) is None
    assert _bound(desk, 1) == [uid]
