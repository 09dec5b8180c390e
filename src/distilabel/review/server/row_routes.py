"""Routes about rows: lists, single rows, histograms, search and images."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

import orjson
from aiohttp import web

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import Answer
from distilabel.review.answers.answer_log import finishes
from distilabel.review.blocks import block, is_image, plain_text
from distilabel.review.images import safe_png
from distilabel.review.reviewed_table import ReviewedTable
from distilabel.review.rows.filters import Filter, matching
from distilabel.review.rows.search import Found, search, snippet
from distilabel.review.server.replies import (
    REVIEW,
    errors_as_replies,
    number_in,
    only_of,
    person_of,
    reply,
    table_of,
)

_PAGE_ROWS: Final = 100
_MOST_HITS: Final = 1000
# After this time, the page is told how far a search is, and it can be stopped.
_TURN_SECONDS: Final = 0.05
_PREVIEW: Final = 240
_MOST_HISTOGRAMS: Final = 12
_VALUE_CHARACTERS: Final = 2_000


async def matching_positions(request: web.Request, table: ReviewedTable) -> Any:
    """Returns the positions of the rows that the filters of a request leave, in its order."""
    filters = [Filter.parse(text) for text in request.query.getall("f", [])]
    sort = request.query.get("sort", "")
    if not filters and not sort:
        return range(len(table.table))
    review = request.app[REVIEW]
    about = {f"{f.name}:{f.value}": f for f in filters if f.operator == ":"}
    known = await review.with_answers(
        lambda: {key: table.positions(f.name, f.value) for key, f in about.items()}
    )
    return await review.with_rows(
        lambda: matching(
            filters,
            table.facts,
            lambda name, value: known[f"{name}:{value}"],
            len(table.table),
            sort,
        )
    )


@errors_as_replies
async def list_rows(request: web.Request) -> web.Response:
    """Replies with a page of rows."""
    table, review = table_of(request), request.app[REVIEW]
    start = number_in(request, "start", 0, len(table.table))
    count = number_in(request, "count", _PAGE_ROWS, _PAGE_ROWS)
    found = await matching_positions(request, table)
    positions = [int(p) for p in found[start : start + count]]
    rows = await review.with_rows(table.table.take, positions)
    listed = await review.with_answers(_summaries, table, positions, rows, only_of(request))
    return reply(
        {
            "total": len(table.table),
            "matching": len(found),
            "start": start,
            "facts": [
                {"name": name, "number": table.facts.is_number(name)} for name in table.facts.names
            ],
            "rows": listed,
        }
    )


def _summaries(
    table: ReviewedTable, positions: list[int], rows: list[dict[str, Any]], only: str
) -> list[dict[str, Any]]:
    found = []
    for position, row in zip(positions, rows, strict=True):
        uid = table.ids.peek(position, row)
        texts = [plain_text(row.get(name)) for name in table.roles.context]
        longest = max(texts, key=len, default="")
        found.append(
            {
                "position": position,
                "uid": uid,
                "title": (longest or "")[:_PREVIEW],
                "candidates": [plain_text(c)[:_PREVIEW] for c in table.roles.texts_of(row)],
                "facts": {
                    name: row[name]
                    for name in table.roles.facts
                    if row.get(name) is not None and (not only or name in table.roles.shown)
                },
                "answers": [
                    _brief(each)
                    for each in table.progress.answers(uid)
                    if only in ("", each.annotator)
                ],
            }
        )
    return found


def _brief(answer: Answer) -> dict[str, Any]:
    return {
        "annotator": answer.annotator,
        "question": answer.question,
        "unit": answer.unit,
        "value": answer.value,
        "status": answer.status,
    }


@errors_as_replies
async def show_row(request: web.Request) -> web.Response:
    """Replies with everything about one row, what judges and models say included."""
    table, review = table_of(request), request.app[REVIEW]
    uid = request.match_info["uid"]
    hint = number_in(request, "at", 0, len(table.table) - 1)

    def find() -> tuple[int, list[Answer]]:
        position = table.ids.position(uid)
        if position is None:
            # Not stored yet: the page says where it saw the row.
            [row] = table.table.take([hint])
            if table.ids.peek(hint, row) != uid:
                table.row(uid)  # raises: there is no such row
            position = hint
        return position, table.progress.answers(uid)

    position, answers = await review.with_answers(find)
    only = only_of(request)
    answers = [each for each in answers if only in ("", each.annotator)]
    # Who sees nothing but their own answers sees the judge's after them.
    hidden = bool(only) and not any(map(finishes, answers))
    [row] = await review.with_rows(table.table.take, [position])
    names = await review.with_answers(review.codes.names)
    return reply(
        {
            "uid": uid,
            "position": position,
            "total": len(table.table),
            "task": table.roles.task,
            "context": [{"name": n, **block(row.get(n), n)} for n in table.roles.context],
            "candidates": [
                {**block(text, table._column(i)), "words": len(plain_text(text).split())}
                for i, text in enumerate(table.roles.texts_of(row))
            ],
            "judged": {} if hidden else table.roles.judged(row),
            "others": {
                name: _clipped(row[name])
                for name in table.table.columns
                if not hidden and name not in table.roles.shown and row.get(name) is not None
            },
            "answers": [
                {**_brief(a), "at": a.at, "ms": a.ms, "judge": a.judge, "version": a.version}
                for a in answers
                if a.status != "cleared"
            ],
            "codes": names,
        }
    )


def _clipped(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[:_VALUE_CHARACTERS]}…"


@errors_as_replies
async def find_row(request: web.Request) -> web.Response:
    """Replies with the id of the row at a position."""
    table, review = table_of(request), request.app[REVIEW]
    position = number_in(request, "at", 0, len(table.table) - 1)
    [row] = await review.with_rows(table.table.take, [position])
    uid = await review.with_answers(table.ids.peek, position, row)
    return reply({"uid": uid, "position": position})


@errors_as_replies
async def histograms(request: web.Request) -> web.Response:
    """Replies with a histogram of each fact, for the rows that the filters leave."""
    import numpy as np

    table, review = table_of(request), request.app[REVIEW]
    found = await matching_positions(request, table)
    mask = None
    if len(found) < len(table.table):
        mask = np.zeros(len(table.table), dtype=bool)
        mask[found] = True

    def count() -> list[dict[str, Any]]:
        names = [n for n in table.facts.names if not n.endswith((".min", ".max"))]
        return [
            {"name": n, "bars": bars}
            for n in names[:_MOST_HISTOGRAMS]
            if len(bars := table.facts.histogram(n, mask)) > 1
        ]

    return reply({"histograms": await review.with_rows(count)})


@errors_as_replies
async def search_rows(request: web.Request) -> web.StreamResponse:
    """Streams hits as lines of JSON; closing the connection stops the search."""
    table, review = table_of(request), request.app[REVIEW]
    text = request.query.get("q", "")
    if not 0 < len(text) <= 200:
        raise DistilabelUserError("Search for a text of 1 to 200 characters.")
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    hits = 0
    by_index = await review.with_rows(_from_index, table, text)
    if by_index is not None:
        for start in range(0, len(by_index), _PAGE_ROWS):
            part = by_index[start : start + _PAGE_ROWS]
            await _send(response, await review.with_rows(_hits, table, part, text))
            hits += len(part)
        await _send(response, {"done": True, "index": True, "hits": hits})
        return response
    results = search(table.table, table.roles.shown, text)
    while (found := await review.with_rows(_next_hits, results)) is not None:
        listed: list[dict[str, Any]] = []
        if found.positions and hits < _MOST_HITS:
            part = found.positions[: _MOST_HITS - hits]
            listed = (await review.with_rows(_hits, table, part, text))["rows"]
        hits += len(found.positions)
        if request.transport is None or request.transport.is_closing():
            raise asyncio.CancelledError
        await _send(response, {"rows": listed, "read": found.read, "hits": hits})
    await _send(response, {"done": True, "index": False, "hits": hits})
    return response


def _next_hits(results: Iterator[Found]) -> Found | None:
    """Returns the hits of the next pieces, as many as take a moment."""
    positions: list[int] = []
    last, began = None, time.monotonic()
    for found in results:
        positions, last = [*positions, *found.positions], found
        if time.monotonic() - began > _TURN_SECONDS:
            break
    return None if last is None else Found(positions, last.read)


def _from_index(table: ReviewedTable, text: str) -> list[int] | None:
    if table.index is None or not table.index.is_ready or "~" in text:
        return None
    return table.index.find(text, _MOST_HITS)


def _hits(table: ReviewedTable, positions: list[int], text: str) -> dict[str, Any]:
    rows = table.table.take(positions, table.roles.shown)
    first = text.split()[0] if text.split() else text
    return {
        "rows": [
            {
                "position": position,
                "snippet": snippet(row, table.roles.shown, text)
                or snippet(row, table.roles.shown, first),
            }
            for position, row in zip(positions, rows, strict=True)
        ]
    }


async def _send(response: web.StreamResponse, line: dict[str, Any]) -> None:
    await response.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


@errors_as_replies
async def show_image(request: web.Request) -> web.Response:
    """Replies with an image of a row, encoded again."""
    table, review = table_of(request), request.app[REVIEW]
    person_of(request)
    row = await review.with_answers(table.row, request.match_info["uid"])
    name = request.query.get("column", "")
    value = row.get(name) if name in table.roles.shown else None
    number = number_in(request, "i", 0, 1000)
    if isinstance(value, list):
        value = value[number] if number < len(value) else None
    if not (isinstance(value, dict) and is_image(value)):
        raise DistilabelUserError("There is no such image.")
    data = await review.with_rows(safe_png, value["bytes"])
    return web.Response(body=data, content_type="image/png")
