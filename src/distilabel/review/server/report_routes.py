"""Routes about the whole: sources, agreement, codes, map, settings and exports."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from distilabel.errors import DistilabelUserError
from distilabel.review.answers import agreement
from distilabel.review.answers.answer import CODES, NOTE
from distilabel.review.answers.human_answers import ExportOptions, reviewed_table
from distilabel.review.answers.questions import change_question
from distilabel.review.blocks import plain_text
from distilabel.review.markup import markdown_tree
from distilabel.review.reviewed_table import ReviewedTable
from distilabel.review.server.guard import ANNOTATOR, IS_OWNER
from distilabel.review.server.replies import (
    HAS_LIVE,
    REVIEW,
    body_of,
    errors_as_replies,
    only_of,
    reply,
    table_of,
)

_MOST_NOTES: Final = 500
_MAP_POINTS: Final = 4_000
_SETTINGS: Final[dict[str, Any]] = {
    "per_row": lambda v: v is None or (type(v) is int and 1 <= v <= 10),
    "repeats": lambda v: type(v) in (int, float) and 0 <= v <= 0.5,
    "shuffle": lambda v: type(v) is bool,
}


@errors_as_replies
async def overview(request: web.Request) -> web.Response:
    """Replies with the sources and how far their review is."""
    review = request.app[REVIEW]
    person = request[ANNOTATOR]

    def read() -> list[dict[str, Any]]:
        return [_overview(table, person, only_of(request)) for table in review.tables.values()]

    return reply(
        {
            "person": person,
            "owner": request[IS_OWNER],
            "id": review.id,
            "live": request.app[HAS_LIVE],
            "file": review.file.path.name,
            "matching": review.is_matching,
            "sources": await review.with_answers(read),
        }
    )


def _overview(table: ReviewedTable, person: str, only: str = "") -> dict[str, Any]:
    progress = table.progress
    index = table.index
    return {
        "name": table.name,
        "rows": len(table.table),
        "columns": table.table.columns,
        "task": table.roles.task,
        "shown": list(table.source.shown),
        "reviewed": len(progress.reviewed),
        "mine": len(progress.decided(person)),
        "later": len(progress.later(person)),
        "flagged": len(progress.having("is", "flagged")),
        "people": {
            name: len(progress.decided(name)) for name in progress.annotators if only in ("", name)
        },
        "stale": len(table.ids.unbound),
        "queues": table.queue.strategies,
        "questions": [
            {**each.to_dict(), "tree": markdown_tree(each.guidelines)} for each in table.questions
        ],
        "settings": table.source.settings,
        "judged": sorted(table.roles.judged(table.table.take([0])[0])),
        "map": bool(_map_columns(table)),
        "indexed": None if index is None else index.indexed,
    }


@errors_as_replies
async def agree(request: web.Request) -> web.Response:
    """Replies with how far people, the judge and each other agree."""
    table, review = table_of(request), request.app[REVIEW]
    all_rows = request.query.get("all") == "1"

    def collect() -> list[tuple[Any, list[Any], list[Any]]]:
        repeats = table.log.repeats()
        # Other queues choose rows on which people and judges differ more often.
        answers = [a for a in table.progress.all_answers if all_rows or a.strategy == "random"]
        uids = {a.uid for a in answers}
        known = {uid: p for uid in uids if (p := table.ids.position(uid)) is not None}
        rows = dict(zip(known, table.table.take(list(known.values())), strict=True))
        texts = {uid: _about(table, row) for uid, row in rows.items()}
        return [(q, agreement.verdicts(q, answers, texts), repeats) for q in table.questions]

    collected = await review.with_answers(collect)
    reports = await review.with_rows(
        lambda: [agreement.report(*each) for each in collected if each[1]]
    )
    stale = await review.with_answers(lambda: len(table.ids.unbound))
    return reply({"reports": reports, "stale": stale, "all": all_rows})


def _about(table: ReviewedTable, row: dict[str, Any]) -> dict[str, Any]:
    models = table.roles.judged(row).get("models")
    return {
        "lengths": [len(plain_text(text)) for text in table.roles.texts_of(row)],
        "models": models if isinstance(models, list) and all(models) else [],
    }


@errors_as_replies
async def codes(request: web.Request) -> web.Response:
    """Replies with codes, how often each was used, and the notes."""
    table, review = table_of(request), request.app[REVIEW]

    def read() -> dict[str, Any]:
        names = review.codes.names()
        counts: dict[str, int] = {}
        notes = []
        only = only_of(request)
        for each in table.progress.all_answers:
            if only not in ("", each.annotator):
                continue
            if each.question == CODES and each.status == "submitted":
                for name in {names.get(code, "") for code in each.value or ()}:
                    counts[name] = counts.get(name, 0) + 1
            elif each.question == NOTE and each.status == "submitted" and each.value:
                mine = [
                    a for a in table.progress.answers(each.uid) if a.annotator == each.annotator
                ]
                given = next((a.value for a in mine if a.question == CODES), None) or []
                notes.append(
                    {
                        "uid": each.uid,
                        "position": table.ids.position(each.uid),
                        "annotator": each.annotator,
                        "text": each.value,
                        "codes": given,
                    }
                )
        return {
            "codes": [
                {
                    "id": c.id,
                    "name": c.name,
                    "description": c.description,
                    "count": counts.get(c.name, 0),
                }
                for c in review.codes.all()
            ],
            "notes": notes[-_MOST_NOTES:][::-1],
            "reviewed": len(table.progress.reviewed),
        }

    return reply(await review.with_answers(read))


@errors_as_replies
async def change_codes(request: web.Request) -> web.Response:
    """Adds, renames or merges codes."""
    review = request.app[REVIEW]
    body = await body_of(request)
    name, description = str(body.get("name", "")), str(body.get("description", ""))[:500]

    def change() -> Any:
        if "into" in body:
            return review.codes.merge(_number(body, "id"), _number(body, "into"))
        if "id" in body:
            return review.codes.rename(_number(body, "id"), name, description)
        return review.codes.add(name, description)

    changed = await review.with_answers(change)
    return reply({"id": changed.id if changed else None})


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int:
        raise DistilabelUserError(f"code: {name} must be a number.")
    return value


def _map_columns(table: ReviewedTable) -> list[str]:
    names: list[str] = [n for n in ("projection", "embedding") if n in table.table.columns]
    return list(names[:1])


@errors_as_replies
async def show_map(request: web.Request) -> web.Response:
    """Replies with a sample of rows as points, by their projection or their embedding."""
    table, review = table_of(request), request.app[REVIEW]
    names = _map_columns(table)
    if not names:
        raise DistilabelUserError(
            f"{table.name} has no column `projection` or `embedding`. The steps UMAP and "
            "EmbeddingGeneration make them."
        )
    clusters = next((n for n in ("cluster_label", "summary_label") if n in table.facts), "")

    def read() -> list[dict[str, Any]]:
        step = -(-len(table.table) // _MAP_POINTS)
        positions = list(range(0, len(table.table), step))
        # The instruction, or whatever text is above the candidates, names a point.
        title = [*table.roles.context, *table.roles.candidates][:1]
        columns = [*names, *([clusters] if clusters else []), *title]
        rows = table.table.take(positions, list(dict.fromkeys(columns)))
        points = _plane([row[names[0]] for row in rows])
        return [
            {
                "x": x,
                "y": y,
                "position": position,
                "title": plain_text(row[title[0]])[:120],
                "cluster": _cluster(row.get(clusters)) if clusters else "",
            }
            for position, row, (x, y) in zip(positions, rows, points, strict=True)
            if x == x
        ]

    return reply({"points": await review.with_rows(read), "by": names[0]})


def _cluster(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plane(vectors: list[Any]) -> list[tuple[float, float]]:
    """Returns vectors as points: their first two principal components."""
    import numpy as np

    known = [i for i, vector in enumerate(vectors) if vector]
    points = [(float("nan"), float("nan"))] * len(vectors)
    if len(known) < 3:
        return points
    matrix = np.asarray([vectors[i] for i in known], dtype="float64")
    if matrix.shape[1] > 2:
        centered = matrix - matrix.mean(axis=0)
        _, _, axes = np.linalg.svd(centered[:1000], full_matrices=False)
        matrix = centered @ axes[:2].T
    for i, (x, y) in zip(known, matrix[:, :2], strict=True):
        points[i] = (float(x), float(y))
    return points


@errors_as_replies
async def change_setup(request: web.Request) -> web.Response:
    """Changes a question, its guidelines or the settings of a source."""
    table, review = table_of(request), request.app[REVIEW]
    body = await body_of(request)

    def change() -> dict[str, Any]:
        wanted = body.get("question")
        if isinstance(wanted, dict):
            current = table.question(str(wanted.get("name")))
            if current is None:
                raise DistilabelUserError(f"There is no question {wanted.get('name')!r}.")
            changed = replace(
                current,
                guidelines=str(wanted.get("guidelines", current.guidelines))[:50_000],
                options=wanted.get("options", current.options),
            )
            stored = change_question(review.file, table.source.id, changed)
            table.questions = [stored if q.name == stored.name else q for q in table.questions]
        for name, value in (body.get("settings") or {}).items():
            if name not in _SETTINGS or not _SETTINGS[name](value):
                raise DistilabelUserError(f"The setting {name} cannot be {value!r}.")
            table.source.settings[name] = value
        review.file.save_settings(table.source)
        return _overview(table, request[ANNOTATOR])

    return reply(await review.with_answers(change))


@errors_as_replies
async def export(request: web.Request) -> web.Response:
    """Replies with the rows and the columns `human_*`, as a Parquet or JSON Lines file."""
    table, review = table_of(request), request.app[REVIEW]
    body = await body_of(request)
    options = ExportOptions(
        resolve=body.get("resolve", "median"),
        numbers=bool(body.get("numbers")),
        into_ratings=bool(body.get("into_ratings")),
        drop_flagged=bool(body.get("drop_flagged")),
        reviewed_only=bool(body.get("reviewed_only", True)),
    )
    names = await review.with_answers(review.codes.names)
    answers = await review.with_answers(table.source_answers, names)
    rows = await review.with_rows(reviewed_table, table.table, table.roles, answers, options)
    if body.get("format") == "jsonl":
        import orjson

        lines = (orjson.dumps(r, default=str) + b"\n" for r in rows.to_pylist())
        return web.Response(body=b"".join(lines), content_type="application/x-ndjson")
    import pyarrow.parquet as pq

    target = io.BytesIO()
    await review.with_rows(lambda: pq.write_table(rows, target, compression="zstd"))
    return web.Response(body=target.getvalue(), content_type="application/octet-stream")


@errors_as_replies
async def stale(request: web.Request) -> web.Response:
    """Replies with answers whose row is not in the data any more: its texts changed."""
    table, review = table_of(request), request.app[REVIEW]

    def read() -> list[dict[str, Any]]:
        uids = list(itertools.islice(table.ids.unbound, _MOST_NOTES))
        return [
            {
                "uid": uid,
                "answers": [
                    {"annotator": a.annotator, "question": a.question, "value": a.value, "at": a.at}
                    for a in table.progress.answers(uid)
                    if a.status == "submitted"
                ],
            }
            for uid in uids
        ]

    found = [each for each in await review.with_answers(read) if each["answers"]]
    return reply({"rows": found, "matching": review.is_matching})
