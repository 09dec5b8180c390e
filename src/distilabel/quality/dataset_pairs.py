"""Finds the judged pairs of a dataset: columns of distilabel, of UltraFeedback and of TRL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeGuard

from distilabel.quality.verdict_forms import TIE, pair_verdict, ratings_verdict

# Columns of a pair that was sorted by its verdict, and those of its scores.
_SORTED: Final = ("chosen", "rejected")
_SORTED_SCORES: Final = (("score_chosen", "score_rejected"), ("chosen_rating", "rejected_rating"))
_INSTRUCTIONS: Final = ("instruction", "prompt", "question", "input")


class JudgedPair(NamedTuple):
    """A pair of a dataset, with what a judge said.

    Attributes:
        instruction: The instruction; empty if there is no such column.
        texts: Both answers.
        ab: The verdict in the order of the texts.
        ba: The verdict of the other order, mapped back; None if there is none.
        asked_twice: Whether the judge was asked in both orders.
        models: The model that wrote each text; empty if unknown.
        in_order: Whether the order of the texts is the one that the judge was shown.
    """

    instruction: str
    texts: tuple[str, str]
    ab: Any
    ba: Any = None
    asked_twice: bool = False
    models: tuple[str, ...] = ()
    in_order: bool = True


def judged_pairs(rows: Iterable[Mapping[str, Any]]) -> Iterator[JudgedPair]:
    """Finds the judged pairs of rows; rows without one are skipped.

    Args:
        rows: Rows with `generations` and `verdict_ab` and `verdict_ba`, `verdict`, `result` or
            `ratings`; with `completions` that have scores (UltraFeedback); or with `chosen` and
            `rejected` (TRL), as texts or conversations.

    Yields:
        One pair per row. Of more than two rated texts, the best and the worst.
    """
    for row in rows:
        pair = _of_generations(row) or _of_completions(row) or _of_sorted(row)
        if pair is not None:
            yield pair


def _of_generations(row: Mapping[str, Any]) -> JudgedPair | None:
    texts = row.get("generations")
    if not _is_list(texts) or len(texts) < 2 or not all(isinstance(t, str) for t in texts):
        return None
    models = row.get("generation_models") or ()
    if len(texts) == 2:
        ab, ba, twice = _verdicts(row)
        if ab is not None or twice:
            names = tuple(map(str, models)) if len(models) == 2 else ()
            return JudgedPair(_instruction(row), (texts[0], texts[1]), ab, ba, twice, names)
    return _best_and_worst(_instruction(row), texts, row.get("ratings"), models)


def _of_completions(row: Mapping[str, Any]) -> JudgedPair | None:
    completions = row.get("completions")
    if not _is_list(completions) or len(completions) < 2:
        return None
    if not all(isinstance(each, Mapping) and "response" in each for each in completions):
        return None
    scores = [each.get("overall_score", each.get("fine-grained_score")) for each in completions]
    texts = [str(each["response"]) for each in completions]
    models = [str(each.get("model", "")) for each in completions]
    return _best_and_worst(_instruction(row), texts, scores, models)


def _of_sorted(row: Mapping[str, Any]) -> JudgedPair | None:
    texts = [_last_text(row.get(name)) for name in _SORTED]
    if None in texts:
        return None
    instruction = _instruction(row) or _first_text(row.get("chosen"))
    verdict: Any = 0
    for names in _SORTED_SCORES:
        scores = [row.get(name) for name in names]
        if None not in scores:
            verdict = ratings_verdict(scores)
    chosen, rejected = (str(text) for text in texts)
    return JudgedPair(instruction, (chosen, rejected), verdict, in_order=False)


def _verdicts(row: Mapping[str, Any]) -> tuple[Any, Any, bool]:
    if "verdict_ab" in row:
        ab, ba = _read(row["verdict_ab"]), _read(row.get("verdict_ba"))
        return ab, ba, not (ab == TIE and ba is None)
    for name in ("verdict", "result"):
        if isinstance(row.get(name), str):
            return _read(row[name]), None, False
    ratings = row.get("ratings")
    if _is_list(ratings) and len(ratings) == 2:
        return ratings_verdict(ratings), None, False
    return None, None, False


def _best_and_worst(
    instruction: str, texts: Sequence[str], ratings: Any, models: Sequence[Any]
) -> JudgedPair | None:
    if not _is_list(ratings) or len(ratings) != len(texts):
        return None
    places = [p for p, r in enumerate(ratings) if isinstance(r, (int, float)) and r == r]
    if len(places) < 2:
        return None
    best = max(places, key=ratings.__getitem__)
    worst = min(places, key=ratings.__getitem__)
    if ratings[best] == ratings[worst]:
        best, worst = places[:2]
    first, second = sorted((best, worst))
    names = (str(models[first]), str(models[second])) if len(models) == len(texts) else ()
    verdict = ratings_verdict((ratings[first], ratings[second]))
    return JudgedPair(instruction, (texts[first], texts[second]), verdict, models=names)


def _read(value: Any) -> Any:
    try:
        return pair_verdict(value)
    except (TypeError, ValueError):
        return None


def _instruction(row: Mapping[str, Any]) -> str:
    for name in _INSTRUCTIONS:
        value = row.get(name)
        if isinstance(value, str):
            return value
        if found := _first_text(value):
            return found
    return ""


def _first_text(value: Any) -> str:
    """The first message of a conversation; "" for anything else."""
    if _is_list(value) and value and isinstance(value[0], Mapping):
        return str(value[0].get("content", ""))
    return ""


def _last_text(value: Any) -> str | None:
    """A text, or the last message of a conversation."""
    if isinstance(value, str):
        return value
    if _is_list(value) and value and isinstance(value[-1], Mapping):
        return str(value[-1].get("content", ""))
    return None


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))
