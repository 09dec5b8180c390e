"""The columns `human_*`: what people answered about a row, as columns of that row.

Pure functions. Knows neither where the answers were given (the review pages, Argilla) nor how rows
are matched with them.
"""

from __future__ import annotations

import itertools
import json
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from distilabel.errors import DistilabelUserError

Kind: TypeAlias = Literal["rating", "label", "choice", "edit", "flag", "code", "note"]
Resolve: TypeAlias = Literal["median", "majority", "first", "none"]

HUMAN_COLUMNS: Final = (
    "human_ratings",
    "human_choice",
    "human_edit",
    "human_flags",
    "human_codes",
    "human_notes",
    "human_count",
    "human_agreement",
    "human_answers",
)
BOTH_GOOD: Final = -1
BOTH_BAD: Final = -2

_COUNTED: Final = frozenset({"submitted", "draft"})
_RESOLVES: Final = ("median", "majority", "first", "none")


@dataclass(frozen=True, slots=True)
class HumanAnswer:
    """One answer of one person to one question about a row.

    Attributes:
        annotator: Who answered: a name, an id or a number.
        question: Name of the question; None if a person put a row aside without any answer.
        value: A number for a rating; a word for a label; an index, `BOTH_GOOD` or `BOTH_BAD` for a
            choice; a text for an edit or a note; a list of words for codes; a bool for a flag.
        kind: What was asked for, which decides the column; None for an answer that is listed in
            `human_answers` and nowhere else. Only one question may ask for ratings, labels or
            choices of the same rows: their answers are compared with each other.
        unit: Index of the generation that the answer is about; None for the whole row.
        version: Version of the question.
        status: `submitted` or `draft`; `later`, `cleared` and `discarded` answers are listed in
            `human_answers` and nowhere else.
        seconds: Time that the person took; None if unknown.
        at: When, in ISO 8601; None if unknown.
    """

    annotator: str
    question: str | None
    value: Any
    kind: Kind | None = None
    unit: int | None = None
    version: int = 1
    status: str = "submitted"
    seconds: float | None = None
    at: str | None = None


def human_columns(
    answers: Iterable[HumanAnswer],
    generations: int,
    resolve: Resolve = "median",
    labels: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Returns the columns `human_*` of a row.

    Args:
        answers: Answers about the row, earliest first. Of several answers of a person to a question
            about a generation, the last one counts. Leave out drafts that shall not count.
        generations: Number of generations in the row; 1 for a row with a single one.
        resolve: How the answers of several people become one. `"median"`: the median of ratings,
            and of labels and choices the most frequent. `"majority"`: the most frequent, None if
            several are. `"first"`: the earliest. `"none"`: `human_ratings` and `human_edit` have a
            list for each generation, and `human_choice` is a list.
        labels: Question → its labels, lowest first: its answers become positions in that list.
            Labels of other questions stay words.

    Returns:
        A value for each of `HUMAN_COLUMNS`:

        - human_ratings (`List[Optional[float]]`): Rating or label of each generation.
        - human_choice (`Optional[int]`): Index of the better generation, -1 if both are good, -2
          if both are bad, None if there is no answer, or none was given more often than others.
        - human_edit (`List[Optional[str]]`): Edited text of each generation. It is the last one,
          unless `resolve` is `"first"` or `"none"`.
        - human_flags (`List[bool]`): Whether any person flagged the generation, or the whole row.
        - human_codes (`List[str]`): Codes of the row, each once.
        - human_notes (`List[Dict[str, Any]]`): Notes, each with its `unit` and `text`.
        - human_count (`int`): People who answered.
        - human_agreement (`Optional[float]`): Share of pairs of people who gave the same rating,
          label or choice, averaged over what two or more people answered (Fleiss 1971, "Measuring
          nominal scale agreement among many raters"); None if there is no such pair.
        - human_answers (`List[Dict[str, Any]]`): Every answer: annotator, question, version, unit,
          value as JSON, status, seconds, at.

    Raises:
        DistilabelUserError: `resolve` is not one of the four.
    """
    if resolve not in _RESOLVES:
        raise DistilabelUserError(
            f"`resolve` is {resolve!r}. Use one of: {', '.join(map(repr, _RESOLVES))}."
        )
    given = list(answers)
    latest: dict[tuple[str, str | None, int | None], HumanAnswer] = {}
    for answer in given:
        key = (answer.annotator, answer.question, answer.unit)
        # Removed first, so that the order is that of the answers that count.
        latest.pop(key, None)
        latest[key] = answer
    counted = [answer for answer in latest.values() if answer.status in _COUNTED]

    def values(kind: Kind, unit: int | None = None) -> list[Any]:
        of = [answer for answer in counted if answer.kind == kind and answer.unit == unit]
        return [_number(answer, labels or {}) for answer in of]

    # The median of two labels or of two indices would be one that no person gave.
    nominal: Resolve = "majority" if resolve == "median" else resolve
    units = range(generations)
    ratings = [values("rating", unit) for unit in units]
    marks = [values("label", unit) for unit in units]
    choices = values("choice")
    edits = [values("edit", unit) for unit in units]
    row_flags = values("flag")
    codes = [code for answer in counted if answer.kind == "code" for code in answer.value]
    return {
        "human_ratings": [
            _resolved(ratings[unit], resolve) if ratings[unit] else _resolved(marks[unit], nominal)
            for unit in units
        ],
        "human_choice": _resolved(choices, nominal),
        "human_edit": [_edited(texts, resolve) for texts in edits],
        "human_flags": [any(row_flags) or any(values("flag", unit)) for unit in units],
        "human_codes": list(dict.fromkeys(codes)),
        "human_notes": [
            {"unit": answer.unit, "text": answer.value}
            for answer in counted
            if answer.kind == "note" and answer.value
        ],
        "human_count": len({answer.annotator for answer in counted}),
        "human_agreement": _agreement([*ratings, *marks, choices]),
        "human_answers": [_listed(answer) for answer in given],
    }


def into_ratings(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the columns `ratings` and `judge_ratings` of a row that has the columns `human_*`.

    People count more than the judge: `ratings` has the rating of people, and the judge's where
    there is none. A choice becomes 1 for the chosen generation and 0 for the others, 1 for all if
    both are good, and 0 for all if both are bad. Steps that form pairs by `ratings` then use what
    people said.

    Args:
        row: A row with `human_ratings`, `human_choice` and perhaps `ratings`.

    Returns:
        `ratings`, and the row's own as `judge_ratings`.

    Raises:
        DistilabelUserError: The ratings of people are words, or were not resolved.
    """
    judge = row.get("judge_ratings", row.get("ratings"))
    people = list(row["human_ratings"])
    for value in (*people, row["human_choice"]):
        if isinstance(value, (str, list)):
            raise DistilabelUserError(
                f"People's answer {value!r} cannot become a rating. Pass `labels` to get numbers "
                "instead of words, and a `resolve` other than 'none'."
            )
    choice = row["human_choice"]
    if choice is not None and not any(rating is not None for rating in people):
        both = {BOTH_GOOD: 1.0, BOTH_BAD: 0.0}.get(choice)
        ratings = [float(i == choice) if both is None else both for i in range(len(people))]
        return {"ratings": ratings, "judge_ratings": judge}
    fallback = [*(judge or []), *[None] * len(people)]
    ratings = [fallback[i] if rating is None else rating for i, rating in enumerate(people)]
    return {"ratings": ratings, "judge_ratings": judge}


def column_types(resolve: Resolve = "median", words: bool = False) -> dict[str, Any]:
    """Returns the Arrow type of each column `human_*`, which rows without answers do not show.

    Args:
        resolve: As for `human_columns`.
        words: Whether `human_ratings` has labels that stay words.
    """
    import pyarrow as pa

    text, index = pa.string(), pa.int64()
    several = resolve == "none"
    rating = text if words else pa.float64()
    answer = {
        "annotator": text,
        "question": text,
        "version": index,
        "unit": index,
        "value": text,
        "status": text,
        "seconds": pa.float64(),
        "at": text,
    }
    return {
        "human_ratings": pa.list_(pa.list_(rating) if several else rating),
        "human_choice": pa.list_(index) if several else index,
        "human_edit": pa.list_(pa.list_(text) if several else text),
        "human_flags": pa.list_(pa.bool_()),
        "human_codes": pa.list_(text),
        "human_notes": pa.list_(pa.struct({"unit": index, "text": text})),
        "human_count": index,
        "human_agreement": pa.float64(),
        "human_answers": pa.list_(pa.struct(answer)),
    }


def _number(answer: HumanAnswer, labels: Mapping[str, Sequence[str]]) -> Any:
    if answer.kind == "rating":
        return float(answer.value)
    order = labels.get(str(answer.question)) if answer.kind == "label" else None
    if order is None:
        return answer.value
    if answer.value not in order:
        raise DistilabelUserError(
            f"The answer {answer.value!r} to the question {answer.question!r} is not one of its "
            f"labels: {', '.join(order)}. Add it to `labels`."
        )
    return float(order.index(answer.value))


def _resolved(values: list[Any], resolve: Resolve) -> Any:
    if resolve == "none":
        return values
    if not values:
        return None
    if resolve == "first":
        return values[0]
    if resolve == "median":
        return float(statistics.median(values))
    (value, count), *others = Counter(values).most_common(2)
    return None if others and others[0][1] == count else value


def _edited(texts: list[str], resolve: Resolve) -> Any:
    if resolve == "none":
        return texts
    if not texts:
        return None
    return texts[0 if resolve == "first" else -1]


def _agreement(asked: list[list[Any]]) -> float | None:
    shares = []
    for values in asked:
        pairs = list(itertools.combinations(values, 2))
        if pairs:
            shares.append(sum(a == b for a, b in pairs) / len(pairs))
    return statistics.fmean(shares) if shares else None


def _listed(answer: HumanAnswer) -> dict[str, Any]:
    return {
        "annotator": answer.annotator,
        "question": answer.question,
        "version": answer.version,
        "unit": answer.unit,
        # Values of one type, as a column of Parquet needs.
        "value": json.dumps(answer.value, ensure_ascii=False),
        "status": answer.status,
        "seconds": answer.seconds,
        "at": answer.at,
    }
