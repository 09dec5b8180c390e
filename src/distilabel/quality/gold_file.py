"""Reads gold labels: JSON Lines, Parquet, a dataset on the Hub, and columns `human_*`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold import Gold, gold_of
from distilabel.quality.verdict_forms import pair_verdict, ratings_verdict

# What people said, in exports of reviews and of Argilla.
_HUMAN: Final = ("human_choice", "human_ratings", "human_labels")
_GOOD: Final = frozenset({"good", "pass", "yes", "true", "accept", "1"})
_BAD: Final = frozenset({"bad", "fail", "no", "false", "reject", "0"})
# Without names, the answers of all people are those of one annotator.
_PEOPLE: Final = "people"


def read_gold(source: str | Path | Iterable[Mapping[str, Any]]) -> Gold:
    """Reads labels of people.

    Args:
        source: A file (`.jsonl`, `.json`, `.parquet`), a directory of Parquet files, a dataset on
            the Hub (`OWNER/NAME`), or the records themselves. Records have the fields of
            `GoldLabel`, or the columns `human_choice`, `human_ratings` or `human_labels` that
            reviews and Argilla export, beside `instruction` and `generations` or `generation`.

    Raises:
        DistilabelUserError: If nothing is there, the file has another format, or a record is
            wrong; the message names the row.
    """
    if not isinstance(source, (str, Path)):
        return gold_of(_labels(source, "gold"), "gold")
    name = str(source)
    return gold_of(_labels(read_records(source), name), name)


def read_records(source: str | Path) -> Iterator[dict[str, Any]]:
    """Reads the rows of a file, a directory of Parquet files, or a dataset on the Hub.

    Args:
        source: `.jsonl`, `.json` or `.parquet`, a directory, or `OWNER/NAME`.

    Yields:
        The rows as dicts.

    Raises:
        DistilabelUserError: If nothing is there, or the file has another format.
    """
    path = Path(source)
    if path.is_dir():
        # Parts of one dataset; those of a run lie in folders.
        files = sorted(path.rglob("*.parquet"))
        if not files:
            raise DistilabelUserError(f"{source}: it contains no Parquet files.")
        for file in files:
            yield from _parquet(file)
    elif path.is_file():
        readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".json": _json_lines}
        reader = _parquet if path.suffix == ".parquet" else readers.get(path.suffix)
        if reader is None:
            raise DistilabelUserError(
                f"{source}: {path.suffix or 'a file without a suffix'} is not read. Use .jsonl or"
                " .parquet."
            )
        yield from reader(path)
    elif str(source).count("/") == 1 and not path.suffix and not path.parent.exists():
        yield from _hub(str(source))
    else:
        raise DistilabelUserError(f"{source}: there is no such file.")


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise DistilabelUserError(f"{path}: line {number} is not JSON: {error}.") from None
            if not isinstance(record, dict):
                raise DistilabelUserError(
                    f"{path}: line {number} is not a JSON object. Write one object per line."
                )
            yield record


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(1000):
        yield from batch.to_pylist()


def _hub(name: str) -> Iterator[dict[str, Any]]:
    from datasets import load_dataset

    for split in load_dataset(name).values():
        yield from split


def _labels(records: Iterable[Mapping[str, Any]], source: str) -> Iterator[Mapping[str, Any]]:
    for row, record in enumerate(records):
        if "label" not in record and any(column in record for column in _HUMAN):
            yield from _human_labels(record, row)
        elif "label" not in record:
            raise DistilabelUserError(
                f"{source}: row {row} has no `label`, and none of {', '.join(_HUMAN)}. It has"
                f" {', '.join(sorted(record)) or 'no columns'}."
            )
        else:
            # Columns that a file has for some rows only.
            yield {name: value for name, value in record.items() if value is not None}


def _human_labels(record: Mapping[str, Any], row: int) -> Iterator[dict[str, Any]]:
    """The labels in the columns `human_*` of a row; rows that no one has answered have none."""
    base = {
        "id": str(record.get("id") or row),
        "instruction": record.get("instruction"),
        "slice": record.get("slice"),
        "models": record.get("generation_models") or record.get("models"),
    }
    texts = record.get("generations")
    if texts is not None and len(texts) == 2:
        base |= {"kind": "pair", "generations": list(texts)}
        for annotator, verdict in _pair_labels(record).items():
            yield {**base, "label": verdict, "annotator": annotator}
    elif texts is not None:
        for place, (text, rating) in enumerate(
            zip(texts, record.get("human_ratings") or [], strict=False)
        ):
            if rating is not None:
                own = {"id": f"{base['id']}/{place}", "kind": "rating", "models": None}
                yield {**base, **own, "generations": [text], "label": rating, "annotator": _PEOPLE}
    elif record.get("generation") is not None:
        base |= {"kind": "pass", "generations": [record["generation"]]}
        for number, word in enumerate(record.get("human_labels") or []):
            label = str(word).strip().lower()
            if label in _GOOD | _BAD:
                yield {**base, "label": label in _GOOD, "annotator": f"{_PEOPLE} {number + 1}"}


def _pair_labels(record: Mapping[str, Any]) -> dict[str, Any]:
    """Person → verdict, where answers name people; else one verdict of all people."""
    given: dict[str, list[Any]] = {}
    for answer in record.get("human_answers") or []:
        question = str(answer.get("question"))
        # `generations-0-rating`, as in Argilla.
        parts = question.split("-")
        is_rating = len(parts) == 3 and parts[0] == "generations" and parts[2] == "rating"
        if is_rating and parts[1] in ("0", "1") and answer.get("status") != "discarded":
            person = given.setdefault(str(answer.get("annotator")), [None, None])
            person[int(parts[1])] = float(answer["value"])
    named = {person: ratings_verdict(ratings) for person, ratings in given.items()}
    named = {person: verdict for person, verdict in named.items() if verdict is not None}
    if named:
        return named
    verdict = pair_verdict(record.get("human_choice"))
    if verdict is None and record.get("human_ratings"):
        verdict = ratings_verdict(record["human_ratings"])
    return {} if verdict is None else {_PEOPLE: verdict}
