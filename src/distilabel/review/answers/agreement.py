"""How far people agree with the judge, with each other and with themselves."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from distilabel import quality
from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import ROW, Answer
from distilabel.review.answers.answer_log import finishes
from distilabel.review.answers.questions import Question

# A third category beside the two candidates of a choice.
TIE: Final = "tie"
_RESAMPLES: Final = 300
_GAPS: Final = 12
_WIDTH: Final = 0.07


@dataclass(frozen=True)
class Verdict:
    """A decided answer, with what the judge said.

    Attributes:
        answer: The answer.
        person: Its value as a category.
        judge: The judge's value as a category; None if there is none.
        lengths: Characters of each candidate.
        models: Model of each candidate.
    """

    answer: Answer
    person: Hashable
    judge: Hashable | None
    lengths: tuple[int, ...] = ()
    models: tuple[str, ...] = ()


def category(question: Question, value: Any) -> Hashable | None:
    """Returns a value as a category: both ties of a choice are one, lists are joined."""
    if value is None:
        return None
    if question.kind == "choice":
        return TIE if value < 0 else int(value)
    if question.kind == "rating":
        return float(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def verdicts(
    question: Question, answers: Iterable[Answer], texts: dict[str, dict[str, Any]]
) -> list[Verdict]:
    """Returns the decided answers to a question.

    Args:
        question: The question.
        answers: Answers that count.
        texts: Id of a row → `lengths` and `models` of its candidates.
    """
    found = []
    for each in answers:
        if each.question != question.name or each.question == ROW or not finishes(each):
            continue
        about = texts.get(each.uid, {})
        found.append(
            Verdict(
                each,
                category(question, each.value),
                category(question, each.judge),
                tuple(about.get("lengths", ())),
                tuple(about.get("models", ())),
            )
        )
    return found


def report(question: Question, given: list[Verdict], repeats: list[Answer]) -> dict[str, Any]:
    """Returns what the page about agreement shows for a question.

    Args:
        question: The question.
        given: Decided answers.
        repeats: Answers to rows that a person was shown again.
    """
    judged = [v for v in given if v.judge is not None]
    return {
        "question": question.name,
        "kind": question.kind,
        "answers": len(given),
        "rows": len({v.answer.uid for v in given}),
        "judge": _against_judge(question, judged) if judged else None,
        "bias": _bias(question, judged),
        "people": _between_people(question, given),
        "self": _with_themselves(question, given, repeats),
        "gaps": _gaps(question, judged),
    }


def _against_judge(question: Question, judged: list[Verdict]) -> dict[str, Any]:
    people, judge = [v.person for v in judged], [v.judge for v in judged]
    # The answers of several people about one row are not independent.
    clusters = [v.answer.uid for v in judged]
    weights: Any = "quadratic" if question.kind == "rating" else "none"
    labels = sorted({*people, *judge}, key=lambda label: (isinstance(label, str), str(label)))
    cells = Counter(zip(people, judge, strict=True))
    found = {
        "n": len(judged),
        "raw": _interval(
            lambda p, j: sum(a == b for a, b in zip(p, j, strict=True)) / len(p),
            people,
            judge,
            clusters,
        ),
        "weights": weights,
        "kappa": _interval(
            lambda p, j: quality.kappa(p, j, weights=weights), people, judge, clusters
        ),
        "labels": labels,
        # Rows are people's, columns the judge's.
        "matrix": [[cells[row, column] for column in labels] for row in labels],
        "rates": [],
        "more": _more_rows(judged),
    }
    for label in labels if question.kind != "rating" else ():
        positive = [v for v in judged if v.person == label]
        negative = [v for v in judged if v.person != label]
        found["rates"].append(
            {
                "label": label,
                "true_positive": _share(v.judge == label for v in positive),
                "true_negative": _share(v.judge != label for v in negative),
            }
        )
    return found


def _interval(
    statistic: Any, people: list[Any], judge: list[Any], clusters: list[str]
) -> dict[str, Any] | None:
    # Not defined, for instance, where all answers are the same.
    with contextlib.suppress(DistilabelUserError):
        found = quality.bootstrap(statistic, people, judge, clusters=clusters, resamples=_RESAMPLES)
        if found.value == found.value:
            return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
    return None


def _share(outcomes: Iterable[bool]) -> dict[str, Any] | None:
    values = list(outcomes)
    if not values:
        return None
    found = quality.wilson(sum(values), len(values))
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}


def _more_rows(judged: list[Verdict]) -> int:
    """Returns how many further rows an interval of kappa of ± 0.07 needs, about."""
    people, judge = [v.person for v in judged], [v.judge for v in judged]
    found = quality.kappa(people, judge)
    if not (0 < found.observed < 1 and 0 < found.chance < 1):
        return 0
    needed = quality.labels_needed(_WIDTH, agreement=found.observed, chance=found.chance)
    return max(0, needed - len({v.answer.uid for v in judged}))


def _bias(question: Question, judged: list[Verdict]) -> list[dict[str, Any]]:
    """Returns what the judge prefers more often than people do; for choices between two."""
    pairs = [v for v in judged if len(v.lengths) == 2]
    if question.kind != "choice" or not pairs:
        return []
    people, judge = [v.person for v in pairs], [v.judge for v in pairs]
    found = []

    def add(name: str, make: Any) -> None:
        with contextlib.suppress(DistilabelUserError):
            excess = make()
            found.append(
                {
                    "name": name,
                    "value": excess.value,
                    "low": excess.low,
                    "high": excess.high,
                    "n": excess.n,
                }
            )

    lengths: list[Any] = [v.lengths for v in pairs]
    add("the longer answer", lambda: quality.length_excess(people, judge, lengths))
    add(
        "the answer that comes first in the data",
        lambda: quality.family_excess(people, judge, [(1, 0)] * len(pairs), 1),
    )
    named = [v for v in pairs if len(v.models) == 2]
    for model in sorted({name for v in named for name in v.models}):
        add(
            f"answers of {model}",
            lambda model=model: quality.family_excess(
                [v.person for v in named],
                [v.judge for v in named],
                [(v.models[0], v.models[1]) for v in named],
                model,
            ),
        )
    return found


def _between_people(question: Question, given: list[Verdict]) -> dict[str, Any] | None:
    names = sorted({v.answer.annotator for v in given})
    if len(names) < 2:
        return None
    items: dict[tuple[str, str], dict[str, Hashable]] = {}
    for v in given:
        items.setdefault((v.answer.uid, v.answer.unit), {})[v.answer.annotator] = v.person
    shared = [item for item in items.values() if len(item) > 1]
    if not shared:
        return {"annotators": names, "shared": 0, "alpha": None, "pairs": []}
    level: Any = "interval" if question.kind == "rating" else "nominal"
    columns = [[item.get(name) for item in shared] for name in names]
    value = quality.alpha(*columns, level=level)
    pairs = []
    for one, other in combinations(range(len(names)), 2):
        both = [
            (a, b)
            for a, b in zip(columns[one], columns[other], strict=True)
            if a is not None and b is not None
        ]
        if both:
            pairs.append(
                {
                    "people": [names[one], names[other]],
                    "n": len(both),
                    "raw": _share(a == b for a, b in both),
                    "kappa": _number(quality.kappa(*zip(*both, strict=True)).value),
                }
            )
    return {"annotators": names, "shared": len(shared), "alpha": _number(value), "pairs": pairs}


def _with_themselves(
    question: Question, given: list[Verdict], repeats: list[Answer]
) -> list[dict[str, Any]]:
    first = {(v.answer.annotator, v.answer.uid, v.answer.unit): v.person for v in given}
    same: dict[str, list[bool]] = {}
    for each in repeats:
        before = first.get((each.annotator, each.uid, each.unit))
        if each.question == question.name and before is not None:
            same.setdefault(each.annotator, []).append(before == category(question, each.value))
    return [{"person": name, "share": _share(values)} for name, values in sorted(same.items())]


def _gaps(question: Question, judged: list[Verdict]) -> list[dict[str, Any]]:
    """Returns the rows on which people and the judge differ most."""
    wrong = [v for v in judged if v.person != v.judge]
    if question.kind == "rating":
        wrong.sort(key=lambda v: -abs(float(str(v.person)) - float(str(v.judge))))
    else:
        # Opposite candidates before ties.
        wrong.sort(key=lambda v: TIE in (v.person, v.judge))
    return [
        {
            "uid": v.answer.uid,
            "unit": v.answer.unit,
            "annotator": v.answer.annotator,
            "person": v.person,
            "judge": v.judge,
        }
        for v in wrong[:_GAPS]
    ]


def _number(value: float) -> float | None:
    return value if value == value else None
