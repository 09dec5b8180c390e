"""Whether a judge prefers an answer for what people do not prefer it for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import number_column, paired_columns
from distilabel.quality.intervals import Interval
from distilabel.quality.resampling import bootstrap


def length_excess(
    people: Iterable[Hashable],
    judge: Iterable[Hashable],
    lengths: Iterable[tuple[float, float]],
    *,
    more_than: float = 30,
    decided: tuple[Hashable, Hashable] = (0, 1),
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """How much more often the judge picks the longer answer than people do.

    How often a judge prefers the longer answer says little: longer answers may be better.

    Args:
        people: The label of people for each pair.
        judge: The verdict of the judge, mapped back to the pair.
        lengths: The lengths of both answers of a pair, in characters.
        more_than: Pairs count whose lengths differ by more than this many characters.
        decided: The verdicts for the first and the second answer. All others are ties; pairs
            count where neither people nor the judge has one.
        resamples: Resamples of the paired bootstrap.
        confidence: Confidence of the interval, in 0..1.
        seed: Seed of the bootstrap.

    Returns:
        P(judge picks the longer) - P(people pick the longer), in -1..1, with its interval; `n`
        is the number of pairs that count.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or no pair
            counts.
    """
    gold, verdicts, sizes = paired_columns("length_excess", people, judge, lengths)
    sides: list[Any] = []
    for pair in sizes:
        one, other = number_column("length_excess", list(pair))
        longer = decided[0] if one > other else decided[1]
        sides.append(longer if abs(one - other) > more_than else None)
    return _excess(
        ("length_excess", f"with more than {more_than:g} characters between its answers"),
        (gold, verdicts, sides),
        decided,
        (resamples, confidence, seed),
    )


def family_excess(
    people: Iterable[Hashable],
    judge: Iterable[Hashable],
    families: Iterable[tuple[Hashable, Hashable]],
    family: Hashable | Callable[[Any], bool],
    *,
    decided: tuple[Hashable, Hashable] = (0, 1),
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """How much more often the judge picks an answer of its own model family than people do.

    Args:
        people: The label of people for each pair.
        judge: The verdict of the judge, mapped back to the pair.
        families: The family, or model, that wrote each answer of a pair.
        family: The judge's own family, or a function that tells whether one is.
        decided: The verdicts for the first and the second answer. All others are ties; pairs
            count where neither people nor the judge has one, and exactly one answer is of the
            judge's family.
        resamples: Resamples of the paired bootstrap.
        confidence: Confidence of the interval, in 0..1.
        seed: Seed of the bootstrap.

    Returns:
        P(judge picks its family) - P(people pick it), in -1..1, with its interval; `n` is the
        number of pairs that count.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or no pair
            counts.
    """
    gold, verdicts, names = paired_columns("family_excess", people, judge, families)
    sides: list[Any] = []
    for pair in names:
        one, other = (bool(family(name)) if callable(family) else name == family for name in pair)
        sides.append(None if one == other else decided[0] if one else decided[1])
    return _excess(
        ("family_excess", "with exactly one answer of the judge's family"),
        (gold, verdicts, sides),
        decided,
        (resamples, confidence, seed),
    )


def _excess(
    subject: tuple[str, str],
    columns: tuple[list[Any], list[Any], list[Any]],
    decided: tuple[Hashable, Hashable],
    options: tuple[int, float, int],
) -> Interval:
    name, which = subject
    # Whether the judge and people pick the side, as a difference per pair: their draws stay paired.
    differences = [
        (verdict == side) - (label == side)
        for label, verdict, side in zip(*columns, strict=True)
        if side is not None and label in decided and verdict in decided
    ]
    if not differences:
        raise DistilabelUserError(f"{name}: no pair {which} is decided by people and the judge.")
    resamples, confidence, seed = options
    return bootstrap(
        lambda drawn: sum(drawn) / len(drawn),
        differences,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
    )
