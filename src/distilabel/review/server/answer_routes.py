"""Routes about answers: the next rows of a person, storing, undoing and answering many at once."""

from __future__ import annotations

import secrets
from typing import Any, Final

from aiohttp import web

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import Answer
from distilabel.review.answers.answer_log import finishes
from distilabel.review.reviewed_table import ReviewedTable
from distilabel.review.server.replies import (
    REVIEW,
    body_of,
    errors_as_replies,
    number_in,
    person_of,
    reply,
    table_of,
)
from distilabel.review.server.row_routes import matching_positions

_MOST_NEXT: Final = 10
_MOST_ANSWERS: Final = 500
_HISTORY: Final = 40
_MOST_BULK: Final = 100_000
_BULK_PIECE: Final = 1_000
# What a browser says about an answer; the rest is filled in here.
_FIELDS: Final = ("id", "uid", "question", "value", "unit", "status", "strategy", "ms")


@errors_as_replies
async def next_rows(request: web.Request) -> web.Response:
    """Replies with rows for a person, without what is hidden until they answer."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)
    strategy = request.query.get("queue", "random")
    count = number_in(request, "count", 1, _MOST_NEXT)
    have = {uid for uid in request.query.get("have", "").split(",") if uid}
    positions = await matching_positions(request, table) if strategy == "filter" else None

    def draw() -> list[dict[str, Any]]:
        draws = table.queue.next(person, strategy, count, have, positions)
        return [table.card(each, person) for each in draws]

    cards = await review.with_answers(draw)
    return reply({"cards": cards, **await review.with_answers(_counts, table, person)})


def _counts(table: ReviewedTable, person: str) -> dict[str, int]:
    return {
        "decided": len(table.progress.decided(person)),
        "later": len(table.progress.later(person)),
    }


@errors_as_replies
async def card_again(request: web.Request) -> web.Response:
    """Replies with a row that the person had before, to change the answer."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)
    uid = request.match_info["uid"]
    strategy = request.query.get("strategy", "random")

    def make() -> dict[str, Any]:
        from distilabel.review.answers.queue import Draw

        position = table.ids.position(uid)
        return table.card(Draw(position or 0, uid, table.row(uid), strategy), person)

    return reply(await review.with_answers(make))


@errors_as_replies
async def store_answers(request: web.Request) -> web.Response:
    """Stores answers; replies with their numbers and, for decided rows, with what was hidden."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)
    body = await body_of(request)
    sent = body.get("answers")
    if not isinstance(sent, list) or len(sent) > _MOST_ANSWERS:
        raise DistilabelUserError(f"answers must be a list of at most {_MOST_ANSWERS}.")

    def store() -> dict[str, Any]:
        answers = [_answer(each) for each in sent]
        strategies = {each.uid: each.strategy for each in answers if finishes(each)}
        numbers = table.accept(answers, person)
        revealed = {uid: table.revealed(uid, person, s) for uid, s in strategies.items()}
        return {"saved": numbers, "revealed": revealed, **_counts(table, person)}

    return reply(await review.with_answers(store))


def _answer(sent: Any) -> Answer:
    if not isinstance(sent, dict):
        raise DistilabelUserError("answer: must be a JSON object.")
    given = {name: sent[name] for name in _FIELDS if name in sent}
    if not {"id", "uid", "question"} <= given.keys():
        raise DistilabelUserError("answer: id, uid and question are required.")
    given["ms"] = given["ms"] if type(given.get("ms")) is int else 0
    given["strategy"] = str(given.get("strategy", ""))[:40]
    return Answer(**{"value": None, **given})


@errors_as_replies
async def history(request: web.Request) -> web.Response:
    """Replies with the last rows that a person answered, latest first."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)

    def read() -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for each in table.log.last(person, _HISTORY):
            entry = found.setdefault(
                each.uid, {"uid": each.uid, "strategy": each.strategy, "answers": []}
            )
            entry["answers"].append(
                {"question": each.question, "value": each.value, "status": each.status}
            )
        return list(found.values())

    return reply({"rows": await review.with_answers(read)})


@errors_as_replies
async def answer_all(request: web.Request) -> web.Response:
    """Gives one answer to all rows that the filters leave."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)
    body = await body_of(request)
    found = await matching_positions(request, table)
    if len(found) != body.get("count"):
        raise DistilabelUserError(
            f"The filters leave {len(found):,} rows now. Look again, and confirm that number."
        )
    if len(found) > _MOST_BULK:
        raise DistilabelUserError(
            f"The filters leave {len(found):,} rows. At most {_MOST_BULK:,} are answered at once."
        )
    question, value = str(body.get("question", "")), body.get("value")
    strategy = f"bulk-{secrets.token_hex(6)}"

    def give(positions: list[int], rows: list[dict[str, Any]]) -> int:
        uids = table.ids.bind(dict(zip(positions, rows, strict=True)))
        answers = []
        for position in positions:
            for unit in _units(table, rows[positions.index(position)], question):
                name = f"{strategy}-{position}-{unit}"
                answers.append(
                    Answer(name, uids[position], question, value, unit, strategy=strategy)
                )
        return len(table.accept_all(answers, dict(zip(uids.values(), rows, strict=True)), person))

    for start in range(0, len(found), _BULK_PIECE):
        positions = [int(p) for p in found[start : start + _BULK_PIECE]]
        rows = await review.with_rows(table.table.take, positions)
        await review.with_answers(give, positions, rows)
    return reply({"strategy": strategy, "rows": len(found)})


def _units(table: ReviewedTable, row: dict[str, Any], name: str) -> list[str]:
    question = table.question(name)
    if question is not None and question.kind == "rating":
        return [str(i) for i in range(len(table.roles.texts_of(row)))]
    return [""]


@errors_as_replies
async def undo_all(request: web.Request) -> web.Response:
    """Takes back the answers of `answer_all`."""
    table, review, person = table_of(request), request.app[REVIEW], person_of(request)
    strategy = str((await body_of(request)).get("strategy", ""))
    if not strategy.startswith("bulk-"):
        raise DistilabelUserError("There is no such batch of answers.")

    def undo() -> int:
        count = table.log.clear_batch(strategy, person)
        table.progress.update(table.log.current(annotator=person))
        table.queue.reopen(person)
        return count

    return reply({"cleared": await review.with_answers(undo)})
