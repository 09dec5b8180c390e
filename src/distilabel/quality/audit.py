"""`audit`: what is known about the judge of a dataset, and what its user gains by that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.quality.dataset_pairs import JudgedPair, judged_pairs
from distilabel.quality.gold import Gold
from distilabel.quality.intervals import Interval, wilson
from distilabel.quality.measures import Measures
from distilabel.quality.measuring import JudgedItem, measure
from distilabel.quality.policy import DEFAULT_POLICY, Decision, Policy
from distilabel.quality.verdict_forms import is_decided, joint_verdict, swapped

_MORE_THAN = 30


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found in a dataset.

    Attributes:
        rows: Number of rows.
        pairs: Number of rows with a judged pair.
        decided: Share of pairs with a verdict for one of two answers, in the order that was shown.
        longer: Share of decided pairs whose verdict is for the longer answer, of those that differ
            by more than 30 characters.
        first: Share of decided calls for the answer that was shown first; None if the order is
            unknown.
        consistency: Share of pairs with one verdict in both orders; None if one was asked.
        kept: Share of pairs that both orders decide alike; None if one was asked.
        wrong: Share of decided pairs that are the wrong way round, by people; None without labels.
        ties: Share of decided pairs that people call a tie; None without labels.
        smoothing: Of the pairs worth keeping that people decide, the share that is the wrong way
            round: the `label_smoothing` of a preference loss; None without labels.
        measures: The judge against people; None without labels.
        decision: Whether the policy trusts it; None without labels.
        items: The labeled pairs with the verdicts.
    """

    rows: int
    pairs: int
    decided: Interval
    longer: Interval | None
    first: Interval | None
    consistency: Interval | None
    kept: Interval | None
    wrong: Interval | None = None
    ties: Interval | None = None
    smoothing: Interval | None = None
    measures: Measures | None = None
    decision: Decision | None = None
    items: tuple[JudgedItem, ...] = ()

    def sentence(self) -> str:
        """What a user gains, in one sentence."""
        if self.wrong is None or self.ties is None:
            text = f"{_percent(self.decided)} of {self.pairs:,} pairs have a better answer"
            if self.longer is not None:
                text += f", the longer one in {_percent(self.longer)}"
            return f"{text}; how many are right is unknown without labels of people."
        advice = ""
        if self.kept is not None:
            advice += f"; keep the {_percent(self.kept)} that both orders decide alike"
        if self.smoothing is not None:
            low, high = self.smoothing.low, self.smoothing.high
            advice += f"{', and' if advice else ';'} train with label_smoothing="
            advice += f"{self.smoothing.value:.2f} [{low:.2f}, {high:.2f}]"
        return (
            f"{_percent(self.wrong)} of your pairs are the wrong way round and"
            f" {_percent(self.ties)} people call a tie{advice}."
        )


def audit(
    rows: Iterable[Mapping[str, Any]],
    gold: Gold | None = None,
    *,
    policy: Policy = DEFAULT_POLICY,
    resamples: int = 1000,
) -> Audit:
    """Looks at the judge of a dataset, without asking it.

    Args:
        rows: Rows of a dataset with judged pairs; see `judged_pairs`.
        gold: Labels of people for some of its pairs, found by their texts; None for none.
        policy: What the judge has to prove.
        resamples: Resamples of the bootstraps.

    Raises:
        DistilabelUserError: If no row has a judged pair, or no gold label is about one of them.
    """
    count = 0
    pairs: list[JudgedPair] = []

    def counted() -> Any:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    pairs.extend(judged_pairs(counted()))
    if not pairs:
        raise DistilabelUserError(
            f"audit: none of {count:,} rows has a judged pair: `generations` with `ratings`,"
            " `verdict`, `verdict_ab` and `verdict_ba`, or `result`; `completions`; or `chosen` and"
            " `rejected`."
        )
    twice = [pair for pair in pairs if pair.asked_twice]
    both = len(twice) * 2 > len(pairs)
    known = [pair for pair in pairs if not both or pair.asked_twice]
    joint = [joint_verdict(pair.ab, pair.ba) for pair in known]
    found: dict[str, Any] = {
        "rows": count,
        "pairs": len(pairs),
        "decided": wilson(sum(is_decided(pair.ab) for pair in pairs), len(pairs)),
        "longer": _longer(pairs),
        "first": _first(pairs),
        "consistency": wilson(sum(p.ab == p.ba for p in known), len(known)) if both else None,
        "kept": wilson(sum(map(is_decided, joint)), len(pairs)) if both else None,
    }
    if gold is None:
        return Audit(**found)
    items = _labeled(pairs, gold)
    if not items:
        raise DistilabelUserError(
            f"audit: none of the {len(gold.items())} gold items has the instruction and the texts"
            f" of one of {len(pairs):,} pairs. Label pairs of this dataset."
        )
    measures = measure(items, orders=2 if both else 1, resamples=resamples)
    first = [item for item in items if is_decided(item.ab)]
    wrong = sum(is_decided(i.gold.label) and i.gold.label != i.ab for i in first)
    ties = sum(not is_decided(i.gold.label) for i in first)
    kept = [i for i in items if is_decided(i.verdict) and is_decided(i.gold.label)]
    against = sum(i.gold.label != i.verdict for i in kept)
    return Audit(
        **found,
        wrong=wilson(wrong, len(first)) if first else None,
        ties=wilson(ties, len(first)) if first else None,
        smoothing=wilson(against, len(kept)) if kept else None,
        measures=measures,
        decision=policy.decide(measures),
        items=tuple(items),
    )


def _longer(pairs: list[JudgedPair]) -> Interval | None:
    picks = [
        (len(pair.texts[0]) > len(pair.texts[1])) == (pair.ab == 0)
        for pair in pairs
        if is_decided(pair.ab) and abs(len(pair.texts[0]) - len(pair.texts[1])) > _MORE_THAN
    ]
    return wilson(sum(picks), len(picks)) if picks else None


def _first(pairs: list[JudgedPair]) -> Interval | None:
    calls = [pair.ab == 0 for pair in pairs if pair.in_order and is_decided(pair.ab)]
    calls += [pair.ba == 1 for pair in pairs if pair.in_order and is_decided(pair.ba)]
    return wilson(sum(calls), len(calls)) if calls else None


def _labeled(pairs: list[JudgedPair], gold: Gold) -> list[JudgedItem]:
    wanted = {}
    for item in gold.items():
        if item.first.kind == "pair":
            wanted[_key(item.first.instruction, item.first.generations)] = item
    found: dict[Any, JudgedItem] = {}
    for pair in pairs:
        key = _key(pair.instruction, pair.texts)
        if key not in wanted or key in found:
            continue
        item = wanted[key]
        same = item.first.generations == pair.texts
        ab, ba = (pair.ab, pair.ba) if same else (swapped(pair.ab), swapped(pair.ba))
        found[key] = JudgedItem(item, ab, ba, pair.asked_twice)
    return list(found.values())


def _key(instruction: str, texts: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    return instruction.strip(), frozenset(text.strip() for text in texts)


def _percent(share: Interval | None) -> str:
    assert share is not None
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"
