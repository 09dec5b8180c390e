"""The way of a person through the API: rows, answers, undo, agreement, codes, settings, export."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from distilabel.review.review import Review
from distilabel.review.server.app import make_app
from reviewing import in_memory, preference_rows

TOKENS = {"owner-token": "", "ada-token": "ada", "bob-token": "bob"}
SECRETS = ("secret-model", "ratings", "generation_models", "judge")


class Person:
    """Someone with a token."""

    def __init__(self, client: TestClient[Any, Any], token: str) -> None:
        self._client = client
        self._headers = {"X-Review-Token": token, "Host": "127.0.0.1"}

    async def get(self, path: str, **query: Any) -> Any:
        """Gets JSON."""
        response = await self.ask(path, **query)
        assert response.status == 200, await response.text()
        return await response.json()

    async def ask(self, path: str, **query: Any) -> ClientResponse:
        """Sends a GET request."""
        return await self._client.get(f"/api/{path}", params=query, headers=self._headers)

    async def post(self, path: str, body: Any, status: int = 200, **query: Any) -> Any:
        """Posts JSON and gets JSON."""
        response = await self._client.post(
            f"/api/{path}", params=query, json=body, headers=self._headers
        )
        assert response.status == status, await response.text()
        is_json = response.content_type == "application/json"
        return await (response.json() if is_json else response.read())

    async def answer(self, card: dict[str, Any], value: Any, id: str = "", **more: Any) -> Any:
        """Answers a row as the page does."""
        answer = {
            "id": id or f"{card['uid']}-{more}",
            "uid": card["uid"],
            "question": "choice",
            "value": value,
            "strategy": card["strategy"],
            **more,
        }
        return await self.post("answers", {"answers": [answer]})


class House:
    """A review that is served, and the people who use it."""

    def __init__(self, review: Review, client: TestClient[Any, Any]) -> None:
        self.review = review
        self.client = client
        self.owner = Person(client, "owner-token")
        self.ada = Person(client, "ada-token")
        self.bob = Person(client, "bob-token")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    review = Review([in_memory(preference_rows(40))], tmp_path / "review.sqlite")
    async with TestClient(TestServer(make_app(review, TOKENS))) as client:
        yield House(review, client)
    review.close()


async def test_a_card_and_its_reply_tell_nothing_before_the_answer(house: House) -> None:
    found = await house.ada.get("next", count=5)
    assert len(found["cards"]) == 5
    text = orjson.dumps(found).decode()
    assert not any(secret in text for secret in SECRETS)
    # Not even the place in the data, by which the row could be looked up.
    assert "position" not in text
    card = found["cards"][0]
    told = await house.ada.answer(card, 0)
    revealed = told["revealed"][card["uid"]]
    assert sorted(revealed["models"]) == ["secret-model-one", "secret-model-two"]
    assert len(revealed["ratings"]) == 2


async def test_an_answer_is_stored_about_the_candidate_that_was_shown(house: House) -> None:
    table = house.review.table("")
    found = await house.ada.get("next", count=10)
    places = set()
    for card in found["cards"]:
        await house.ada.answer(card, 0)
        [stored] = table.log.current(uid=card["uid"])
        row = table.row(card["uid"])
        assert row["generations"][stored.value] == card["candidates"][0]["text"]
        assert stored.shown["order"][0] == stored.value
        best = max(row["ratings"])
        is_tie = row["ratings"].count(best) == 2
        assert stored.judge == (-1 if is_tie else row["ratings"].index(best))
        places.add(stored.value)
    assert places == {0, 1}


async def test_undo_brings_the_row_back_and_a_repeated_send_is_harmless(house: House) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]
    first = await house.ada.answer(card, 1, "a1")
    assert await house.ada.answer(card, 1, "a1") == first
    assert first["decided"] == 1
    cleared = await house.ada.answer(card, None, "a2", status="cleared")
    assert cleared["decided"] == 0
    again = await house.ada.get("next", count=1)
    assert again["cards"][0]["uid"] == card["uid"]


async def test_what_was_entered_comes_back_in_the_order_shown(house: House) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]
    await house.ada.answer(card, 1)
    await house.ada.answer(card, 4, question="rating", unit="1")
    stored = {
        (s["question"], s["unit"]): s["value"]
        for s in (await house.ada.get(f"card/{card['uid']}"))["stored"]
    }
    assert stored == {("choice", ""): 1, ("rating", "1"): 4}


async def test_people_do_not_see_each_other(house: House) -> None:
    await house.owner.post("setup", {"settings": {"per_row": 2}})
    ada = (await house.ada.get("next", count=3))["cards"]
    for card in ada:
        await house.ada.answer(card, 0)
        note = {"id": card["uid"][:8], "uid": card["uid"], "question": "note", "value": "ada's"}
        await house.ada.post("answers", {"answers": [note]})
    bob = await house.bob.get("next", count=10)
    assert {c["uid"] for c in ada} <= {c["uid"] for c in bob["cards"]}
    for reply in (
        bob,
        await house.bob.get("rows"),
        await house.bob.get("codes"),
        await house.bob.get("overview"),
        await house.bob.get(f"row/{ada[0]['uid']}"),
    ):
        assert "ada" not in orjson.dumps(reply).decode()
    # Nor what the judge says about rows that they have not judged.
    row = await house.bob.get(f"row/{ada[0]['uid']}")
    assert (row["judged"], row["others"]) == ({}, {})
    for path in ("agree", "stale"):
        assert (await house.bob.ask(path)).status == 403
    assert len((await house.owner.get(f"row/{ada[0]['uid']}"))["answers"]) == 2


async def test_an_outdated_edit_is_told_with_the_other_one(house: House) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]

    async def edit(id: str, text: str, base: int | None, status: int) -> Any:
        answer = {
            "id": id,
            "uid": card["uid"],
            "question": "edit",
            "unit": "0",
            "value": {"text": text, "base": base},
        }
        return await house.ada.post("answers", {"answers": [answer]}, status)

    first = await edit("e1", "one", None, 200)
    await edit("e2", "two", first["saved"]["e1"], 200)
    told = await edit("e3", "three", first["saved"]["e1"], 409)
    assert told["current"]["text"] == "two"
    await edit("e4", "three", told["current"]["seq"], 200)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"value": 7}, "Possible values"),
        ({"uid": "f" * 24}, "is not in the data"),
        ({"unit": "9"}, "candidates"),
        ({"status": "odd"}, "status must be"),
        ({"question": ""}, "question must be"),
    ],
)
async def test_answers_that_cannot_be_are_refused(
    house: House, changes: dict[str, Any], error: str
) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]
    answer = {"id": "x", "uid": card["uid"], "question": "choice", "value": 0, **changes}
    told = await house.ada.post("answers", {"answers": [answer]}, 400)
    assert error in told["error"]
    assert house.review.table("").log.current() == []


async def test_a_file_that_cannot_be_written_is_told_and_nothing_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]
    log = house.review.table("").log

    def full(answers: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", full)
        answer = {"id": "x", "uid": card["uid"], "question": "choice", "value": 0}
        told = await house.ada.post("answers", {"answers": [answer]}, 503)
    assert "disk is full" in told["error"]
    assert told["again"] is True
    assert (await house.ada.answer(card, 0, "x"))["decided"] == 1


async def test_rows_are_paged_filtered_and_sorted(house: House) -> None:
    page = await house.owner.get("rows", start=30, count=5)
    assert [row["position"] for row in page["rows"]] == [30, 31, 32, 33, 34]
    found = await house.owner.get("rows", f="topic=mice", sort="-id")
    assert found["matching"] == 13
    assert found["rows"][0]["position"] == 37
    bars = await house.owner.get("histograms", f="topic=mice")
    names = [each["name"] for each in bars["histograms"]]
    assert "ratings.gap" in names
    assert "topic" not in names  # one bar says nothing
    response = await house.owner.ask("rows", f="nothing=1")
    assert response.status == 400
    assert "no column 'nothing'" in (await response.json())["error"]


async def test_a_row_is_found_by_its_place_and_shown_with_all_columns(house: House) -> None:
    found = await house.owner.get("find", at=7)
    row = await house.owner.get(f"row/{found['uid']}", at=7)
    assert row["position"] == 7
    assert row["judged"]["models"] == ["secret-model-one", "secret-model-two"]
    assert row["candidates"][1]["tree"][0][2][1] == ["strong", {}, ["voles"]]
    wrong = await house.owner.ask(f"row/{found['uid']}", at=8)
    assert wrong.status == 400


async def test_a_search_streams_its_hits(house: House) -> None:
    response = await house.owner.ask("search", q="question 17:")
    lines = [orjson.loads(line) async for line in response.content]
    assert lines[0]["rows"][0]["position"] == 17
    assert lines[-1] == {"done": True, "index": False, "hits": 1}


async def test_many_rows_are_answered_at_once_and_taken_back(house: House) -> None:
    body = {"question": "rating", "value": 2, "count": 13}
    told = await house.owner.post("all", body, f="topic=mice")
    assert told["rows"] == 13
    assert (await house.owner.get("overview"))["sources"][0]["reviewed"] == 13
    assert (await house.owner.get("rows", f="is:reviewed"))["matching"] == 13
    # They do not stand for all rows.
    assert (await house.owner.get("agree"))["reports"] == []
    wrong = await house.owner.post("all", body, 400, f="topic=birds")
    assert "leave 14 rows now" in wrong["error"]
    undone = await house.owner.post("all/undo", {"strategy": told["strategy"]})
    assert undone["cleared"] == 26
    assert (await house.owner.get("overview"))["sources"][0]["reviewed"] == 0


async def test_codes_group_notes(house: House) -> None:
    [card] = (await house.ada.get("next", count=1))["cards"]
    made = await house.ada.post("codes", {"name": "rude"})
    for question, value in (("note", "unkind"), ("codes", [made["id"]])):
        await house.ada.answer(card, value, question=question)
    found = await house.owner.get("codes")
    assert [(c["name"], c["count"]) for c in found["codes"]] == [("rude", 1)]
    assert [(n["text"], n["codes"]) for n in found["notes"]] == [("unkind", [made["id"]])]


async def test_settings_and_questions_change(house: House) -> None:
    question = {"name": "rating", "options": [1, 2, 3], "guidelines": "**Be fair.**"}
    told = await house.owner.post("setup", {"question": question})
    rating = next(q for q in told["questions"] if q["name"] == "rating")
    assert (rating["version"], rating["options"]) == (2, [1, 2, 3])
    assert rating["tree"] == [["p", {}, [["strong", {}, ["Be fair."]]]]]
    bad = await house.owner.post("setup", {"settings": {"per_row": 99}}, 400)
    assert "per_row" in bad["error"]


async def test_two_hundred_rows_lead_to_agreement_and_an_export(house: House) -> None:
    await house.owner.post("setup", {"settings": {"repeats": 0}})
    while cards := (await house.owner.get("next", count=10))["cards"]:
        for number, card in enumerate(cards):
            await house.owner.answer(card, number % 2)
    [report] = (await house.owner.get("agree"))["reports"]
    assert report["rows"] == 40
    assert 0 <= report["judge"]["raw"]["value"] <= 1
    assert sum(map(sum, report["judge"]["matrix"])) == 40
    data = await house.owner.post("export", {"into_ratings": True})
    rows = pq.read_table(io.BytesIO(data)).to_pylist()
    assert len(rows) == 40
    assert all(row["ratings"][row["human_choice"]] == 1.0 for row in rows)
    assert rows[0]["judge_ratings"] == preference_rows(1)[0]["ratings"]
    lines = (await house.owner.post("export", {"format": "jsonl"})).splitlines()
    assert orjson.loads(lines[0])["human_count"] == 1
