"""Every row is judged as often as wanted: not twice by chance, and none is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.queue import Queue
from reviewing import Desk, in_memory, preference_rows


def _desk(tmp_path: Path, rows: int = 40, **settings: object) -> Desk:
    desk = Desk(tmp_path / "r.sqlite", in_memory(preference_rows(rows)))
    desk.source.settings.update({"repeats": 0, **settings})
    return desk


def _work(desk: Desk, people: list[str], strategy: str = "random") -> dict[str, list[str]]:
    """Lets people answer in turns until there are no rows left; returns the rows of each."""
    done: dict[str, list[str]] = {name: [] for name in people}
    waiting = list(people)
    while waiting:
        for name in list(waiting):
            draws = desk.queue.next(name, strategy, 3, set())
            if not draws:
                waiting.remove(name)
            for draw in draws:
                desk.answer(draw.uid, 0, name)
                done[name].append(draw.uid)
    return done


def test_one_person_sees_every_row_once_in_a_random_order(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    done = _work(desk, ["ada"])["ada"]
    assert len(done) == len(set(done)) == 40
    positions = [desk.ids.position(uid) for uid in done]
    assert positions != sorted(positions, key=lambda p: p or 0)


def test_two_people_share_the_rows_once_each(tmp_path: Path) -> None:
    done = _work(_desk(tmp_path, per_row=1), ["ada", "bob"])
    assert sorted([*done["ada"], *done["bob"]]) == sorted({*done["ada"], *done["bob"]})
    assert len(done["ada"]) + len(done["bob"]) == 40
    assert done["ada"]
    assert done["bob"]


def test_two_per_row_is_exactly_two(tmp_path: Path) -> None:
    done = _work(_desk(tmp_path, per_row=2), ["ada", "bob", "eve"])
    counts = [sum(uid in rows for rows in done.values()) for uid in set().union(*done.values())]
    assert counts == [2] * 40


def test_about_one_row_of_ten_is_for_two_people_once_there_are_two(tmp_path: Path) -> None:
    done = _work(_desk(tmp_path, rows=120), ["ada", "bob"])
    both = set(done["ada"]) & set(done["bob"])
    assert 3 <= len(both) <= 30
    assert len({*done["ada"], *done["bob"]}) == 120


def test_rows_that_were_sent_are_not_sent_to_others_until_the_claim_ends(tmp_path: Path) -> None:
    desk = _desk(tmp_path, rows=6, per_row=1)
    ada = {draw.uid for draw in desk.queue.next("ada", "random", 4, set())}
    assert len({d.uid for d in desk.queue.next("bob", "random", 6, set())} - ada) == 2
    # The same person asks again after a reload.
    assert {d.uid for d in desk.queue.next("ada", "random", 4, set())} == ada
    assert desk.queue.next("ada", "random", 4, ada) == []
    # Claims survive a restart.
    again = Queue(desk.file, desk.source, desk.table, desk.facts, desk.ids, desk.progress)
    assert not ada & {d.uid for d in again.next("bob", "random", 6, set())}
    for claims in desk.queue._claims.values():
        claims.pop("ada", None)
    assert len(desk.queue.next("bob", "random", 6, set())) == 6


def test_an_answer_that_was_taken_back_brings_the_row_back(tmp_path: Path) -> None:
    desk = _desk(tmp_path, rows=10)
    [first] = desk.queue.next("ada", "random", 1, set())
    desk.answer(first.uid, 0)
    assert desk.queue.next("ada", "random", 1, set())[0].uid != first.uid
    desk.answer(first.uid, None, status="cleared")
    desk.queue.reopen("ada")
    assert desk.queue.next("ada", "random", 1, set())[0].uid == first.uid


def test_rows_put_off_come_back_in_their_own_queue(tmp_path: Path) -> None:
    desk = _desk(tmp_path, rows=5)
    [first] = desk.queue.next("ada", "random", 1, set())
    desk.answer(first.uid, None, question="row", status="later")
    assert first.uid not in {d.uid for d in desk.queue.next("ada", "random", 5, set())}
    assert first.uid in {d.uid for d in desk.queue.next("bob", "random", 1, set())}
    assert [d.uid for d in desk.queue.next("ada", "later", 5, set())] == [first.uid]


def test_small_gaps_come_first_and_spread_covers_all_ratings(tmp_path: Path) -> None:
    desk = _desk(tmp_path, rows=50, per_row=2)
    gaps = desk.facts.numbers("ratings.gap")
    order = [gaps[d.position] for d in desk.queue.next("ada", "gaps", 20, set())]
    assert order == sorted(order)
    means = [
        desk.facts.numbers("ratings.mean")[d.position]
        for d in desk.queue.next("bob", "spread", 9, set())
    ]
    assert len(set(means)) == 9


def test_one_row_of_each_cluster_first(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    topics = [d.row["topic"] for d in desk.queue.next("ada", "clusters", 6, set())]
    assert sorted(topics[:3]) == sorted(topics[3:]) == ["birds", "mice", "night"]


def test_flagged_rows_and_rows_of_a_filter(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    desk.ids.bind({5: desk.table.take([5])[0]})
    desk.answer(desk.ids.bound[5], True, question="flag")
    assert [d.position for d in desk.queue.next("ada", "flagged", 5, set())] == [5]
    draws = desk.queue.next("ada", "filter", 3, set(), [9, 2, 4, 1])
    assert [d.position for d in draws] == [9, 2, 4]


def test_people_see_some_rows_again_in_between(tmp_path: Path) -> None:
    desk = _desk(tmp_path, rows=100, repeats=0.05)
    repeats: list[str] = []
    seen: list[str] = []
    while draws := desk.queue.next("ada", "random", 1, set()):
        for draw in draws:
            if draw.strategy == "repeat":
                repeats.append(draw.uid)
                assert seen.index(draw.uid) <= len(seen) - 20
            else:
                seen.append(draw.uid)
                desk.answer(draw.uid, 0)
    assert len(seen) == 100
    assert len(repeats) == len(set(repeats)) == 5


def test_an_unknown_queue_is_an_error(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    assert desk.queue.strategies == ["random", "spread", "gaps", "clusters", "flagged", "later"]
    with pytest.raises(DistilabelUserError, match="no queue 'best'"):
        desk.queue.next("ada", "best", 1, set())
