"""Proves the measures of judges on public data: `python -m bench.judging DATA`.

DATA is a directory with `human_preferences.jsonl` and, in `judging/`, the published answers of
judges (Auto-J, LLMBar, PandaLM, the alternative annotator test). Each line tells a figure, what it
should be, and whether it is.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench import judging_runs
from distilabel import quality
from distilabel.quality.audit import audit
from distilabel.quality.baselines import longest
from distilabel.quality.jury_weighing import weigh_jury
from distilabel.quality.scores import scores_of
from distilabel.quality.verdict_forms import joint_verdict, swapped

Verdict = Any
_FORM = {0: 0, 1: 1, 2: "tie"}


class Sheet:
    """Figures, and whether they are what they should be."""

    def __init__(self) -> None:
        self.failed = 0

    def head(self, title: str) -> None:
        print(f"\n{title}")

    def line(
        self, name: str, found: object, expected: object = None, ok: bool | None = None
    ) -> None:
        if ok is None:
            ok = expected is None or found == expected
        self.failed += not ok
        should = "" if expected is None else f"   expected {expected}"
        print(f"  {'ok  ' if ok else 'FAIL'} {name}: {found}{should}")


def read(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def three(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


class AutoJ:
    """600 pairs that people labeled, and what Auto-J said in both orders."""

    def __init__(self, data: Path) -> None:
        self.pairs = list(read(data / "human_preferences.jsonl"))
        said = list(read(data / "judging" / "autoj_600.jsonl"))
        self.gold = quality.read_gold(
            {
                "id": str(row),
                "kind": "pair",
                "instruction": pair["instruction"],
                "generations": pair["generations"],
                "label": pair["human_label"],
                "annotator": "people",
                "slice": pair["scenario"],
                "split": "test",
            }
            for row, pair in enumerate(self.pairs)
        )
        self.items = self.gold.items()
        self.people = [item.label for item in self.items]
        self.ab = [_FORM[row["ab"]] for row in said]
        self.ba = [_FORM[row["ba"]] for row in said]
        self.lengths = [tuple(map(len, pair["generations"])) for pair in self.pairs]

    def one(self, verdicts: Sequence[Verdict]) -> list[quality.JudgedItem]:
        return [quality.JudgedItem(g, v) for g, v in zip(self.items, verdicts, strict=True)]

    def two(
        self, ab: Sequence[Verdict] | None = None, ba: Sequence[Verdict] | None = None
    ) -> list[quality.JudgedItem]:
        rows = zip(self.items, ab or self.ab, ba or self.ba, strict=True)
        return [quality.JudgedItem(g, a, b, asked_twice=True) for g, a, b in rows]


def reproduce(sheet: Sheet, data: Path, autoj: AutoJ) -> None:
    sheet.head("1. Published figures")
    judging = data / "judging"
    files = list(read(judging / "llmbar_349.jsonl"))
    counts = agreements = printed = 0
    for each in files:
        label, ab, ba, said = each["label"], each["ab"], each["ba"], each["published"]
        found = [
            sum(g == v for g, v in zip(label, ab, strict=True)),
            sum(g == v for g, v in zip(label, ba, strict=True)),
            sum(g == v == w for g, v, w in zip(label, ab, ba, strict=True)),
            sum(v == w for v, w in zip(ab, ba, strict=True)),
        ]
        names = ("correct_False", "correct_True", "correct_both", "equal")
        counts += found == [int(said[name].partition(" /")[0]) for name in names]
        # The published code reads an answer without a verdict as the second one.
        one, other = ([v or "2" for v in column] for column in (ab, ba))
        agreements += _close(quality.kappa(one, other).value, said["kappa_agreement"])
        printed += _close(quality.kappa(label, one).value, said["kappa_False"])
    sheet.line("LLMBar, files whose four counts are the published ones", counts, 349)
    sheet.line("LLMBar, files whose kappa between the orders is the published one", agreements, 349)
    sheet.line("LLMBar, erratum: files whose printed kappa with people is Cohen's", printed, 0)
    best = next(f for f in files if f["set"] == "LLMBar/Natural" and f["judge"] == "GPT-4"
                and f["prompt"] == "Swap_CoT")  # fmt: skip
    true = quality.kappa(best["label"], best["ab"]).value
    sheet.line("  GPT-4, Swap_CoT, Natural: printed, true",
               (three(best["published"]["kappa_False"]), three(true)),
               (".264", ".878"))  # fmt: skip

    rows = list(read(judging / "pandalm_999.jsonl"))
    people = [[row[name] for row in rows] for name in ("a1", "a2", "a3")]
    pairs = ((0, 1), (0, 2), (1, 2))
    kappas = [three(quality.kappa(people[a], people[b]).value) for a, b in pairs]
    sheet.line("PandaLM, kappas between people", kappas, [".852", ".879", ".862"])
    most = [Counter(labels).most_common(1)[0][0] for labels in zip(*people, strict=True)]
    for name, expected in (
        ("pandalm7b", [66.77, 57.38, 57.50, 57.43]),
        ("gpt35", [71.07, 58.79, 57.36, 57.55]),
    ):
        verdicts = ["0" if row[name] in ("Tie", "garbage") else row[name] for row in rows]
        sheet.line(
            f"PandaLM, {name}: accuracy, precision, recall, F1", macro(most, verdicts), expected
        )
    unreadable = sum(row["gpt35"] == "garbage" for row in rows)
    sheet.line("PandaLM, unreadable answers, counted as ties", unreadable, 25)

    both = quality.both_correct(autoj.people, autoj.ab, autoj.ba)
    same = quality.order_consistency(autoj.ab, autoj.ba)
    sheet.line("Auto-J, both orders right, consistent", (f"{both:.2%}", f"{same:.2%}"),
               ("54.67%", "83.83%"))  # fmt: skip
    one = quality.measure(autoj.one(autoj.ab), resamples=10)
    two = quality.measure(autoj.two(), orders=2, resamples=10)
    for name, found, expected in (
        ("one order accepts, against people, people tie", one, ("96.0%", "16.0%", "25.0%")),
        ("both orders accept, against people", two, ("81.5%", "13.1%", "21.9%")),
    ):
        shares = [found.accepted, found.against, found.undecided]
        sheet.line(f"Auto-J, {name}", tuple(f"{share.value:.1%}" for share in shares if share),
                   expected)  # fmt: skip
    rows_of = zip(autoj.pairs, autoj.ab, autoj.ba, strict=True)
    dataset = [{**pair, "verdict_ab": a, "verdict_ba": b} for pair, a, b in rows_of]
    sheet.line("Audit", audit(dataset, autoj.gold, resamples=100).sentence())

    for name, labels, epsilon in (("10k_prompts", "numbers", 0.1), ("mtbench", "classes", 0.2)):
        human = json.loads((judging / f"alttest_{name}_human.json").read_text())
        for judge, column in json.loads((judging / f"alttest_{name}_llm.json").read_text()).items():
            found = quality.alt_test(column, human, epsilon=epsilon, labels=labels)
            sheet.line(f"alt-test, {name}, {judge}: omega, rho",
                       (f"{found.omega:.2f}", f"{found.rho:.2f}"))  # fmt: skip


def _close(one: float, other: float) -> bool:
    return one != one if other != other else abs(one - other) < 1e-9


def macro(people: Sequence[str], verdicts: Sequence[str]) -> list[float]:
    """Accuracy, and precision, recall and F1 as means over the classes, in percent."""
    parts = []
    for name in sorted({*people, *verdicts}):
        hits = sum(g == v == name for g, v in zip(people, verdicts, strict=True))
        precision, recall = hits / max(1, verdicts.count(name)), hits / max(1, people.count(name))
        total = precision + recall
        parts.append((precision, recall, 2 * precision * recall / total if total else 0.0))
    right = sum(g == v for g, v in zip(people, verdicts, strict=True)) / len(people)
    means = [sum(column) / len(parts) for column in zip(*parts, strict=True)]
    return [round(100 * value, 2) for value in (right, *means)]


def policy(sheet: Sheet, autoj: AutoJ) -> None:
    sheet.head("2. Verdicts under the default policy, on the 600")
    rng = random.Random(0)

    def noisy(column: Sequence[Verdict]) -> list[Verdict]:
        return [rng.choice([0, 1, "tie"]) if rng.random() < 0.3 else v for v in column]

    shuffled = [rng.choice([0, 1, "tie"]) for _ in autoj.items]
    flipped = [[*map(swapped, column)] for column in (autoj.ab, autoj.ba)]
    cases: list[tuple[str, list[quality.JudgedItem], int, str]] = [
        ("Auto-J, both orders", autoj.two(), 2, "trusted"),
        ("Auto-J, one order", autoj.one(autoj.ab), 1, "refused"),
        ("30% noise, both orders", autoj.two(noisy(autoj.ab), noisy(autoj.ba)), 2, "refused"),
        ("30% noise, one order", autoj.one(noisy(autoj.ab)), 1, "refused"),
        ("longest", autoj.one(longest(autoj.lengths)), 1, "refused"),
        ("first", autoj.one([0] * 600), 1, "refused"),
        ("random", autoj.one(shuffled), 1, "refused"),
        ("flipped", autoj.two(*flipped), 2, "inverted"),
    ]
    expected = {"Auto-J, both orders": (".409", ".113"), "Auto-J, one order": (".356", ".077")}
    for name, items, orders, status in cases:
        found = quality.measure(items, orders=orders)
        decision = quality.Policy().decide(found)
        sheet.line(name, decision.status, status)
        print(f"         kappa {found.kappa}, over {found.baseline} {found.lead}")
        if name in expected:
            figures = (three(found.kappa.value), three(found.lead.value))
            sheet.line("  kappa, lead", figures, expected[name])
        if decision.failed:
            print(f"         short: {', '.join(check.name for check in decision.failed)}")
        for text in decision.warnings[:1]:
            print(f"         {text}")


def coverage(sheet: Sheet, autoj: AutoJ, times: int) -> None:
    sheet.head(f"3. Coverage of 95% intervals, {times} samples of 200 of the 600")
    rng = random.Random(1)
    joint = [joint_verdict(a, b) for a, b in zip(autoj.ab, autoj.ba, strict=True)]
    gains = [
        a - b for a, b in zip(
            quality.credit(autoj.people, joint),
            quality.credit(autoj.people, longest(autoj.lengths)), strict=True,
        )
    ]  # fmt: skip
    right = [g == v for g, v in zip(autoj.people, joint, strict=True)]
    accepted = [g == 0 for g in autoj.people]
    judged = [v == 0 for v in joint]
    quick = {"resamples": 400}
    columns = list(
        zip(autoj.people, joint, gains, right, accepted, judged, autoj.lengths, strict=True)
    )
    truth = {
        "kappa, bootstrap": quality.kappa(autoj.people, joint).value,
        "lead, bootstrap": sum(gains) / 600,
        "agreement, Wilson": sum(right) / 600,
        "agreement, Clopper-Pearson": sum(right) / 600,
        "length excess, paired bootstrap": quality.length_excess(
            autoj.people, joint, autoj.lengths, resamples=1
        ).value,
        "prevalence, PPI++": sum(accepted) / 600,
        "prevalence, Rogan-Gladen": sum(accepted) / 600,
    }
    covered: Counter[str] = Counter()
    for number in range(times):
        drawn = rng.choices(columns, k=200)
        people, verdicts, gain, hits, yes, said, sizes = (list(c) for c in zip(*drawn, strict=True))
        others = [row[5] for row in rng.choices(columns, k=2000)]
        seed = {"seed": number}
        found = {
            "kappa, bootstrap": quality.bootstrap(quality.kappa, people, verdicts, **quick, **seed),
            "lead, bootstrap": quality.bootstrap(_mean, gain, **quick, **seed),
            "agreement, Wilson": quality.wilson(sum(hits), 200),
            "agreement, Clopper-Pearson": quality.clopper_pearson(sum(hits), 200),
            "length excess, paired bootstrap": quality.length_excess(
                people, verdicts, sizes, **quick, **seed
            ),
            "prevalence, PPI++": quality.prevalence(yes, said, others),
            "prevalence, Rogan-Gladen": quality.prevalence(
                yes, said, others, method="rogan-gladen"
            ),
        }
        for name, interval in found.items():
            covered[name] += interval.low <= truth[name] <= interval.high
    for name in truth:
        share = covered[name] / times
        sheet.line(name, f"{share:.1%}", "93-97%", 0.93 <= share <= 0.97)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def violations(sheet: Sheet, data: Path, autoj: AutoJ) -> None:
    sheet.head("5. Precision that was proved on one half, on the other: 400 splits each")
    human = json.loads((data / "judging" / "alttest_10k_prompts_human.json").read_text())
    means: dict[str, list[float]] = {}
    for column in human.values():
        for item, value in column.items():
            means.setdefault(item, []).append(value)
    judges = json.loads((data / "judging" / "alttest_10k_prompts_llm.json").read_text())
    cases: dict[str, tuple[list[tuple[float, bool]], Sequence[float]]] = {}
    for name, column in judges.items():
        rows = [(float(v), _mean(means[i]) >= 4) for i, v in column.items() if i in means]
        cases[f"10k prompts, {name}"] = (rows, (0.5, 0.6, 0.65))
    joint = scores_of(autoj.two())
    pairs = [(s.score, row < s.right) for s in joint for row in range(s.rows)]
    cases["Auto-J, both orders"] = (pairs, (0.7, 0.75, 0.8))
    rng = random.Random(2)
    for name, (rows, targets) in cases.items():
        chosen, wrong = Counter[float](), Counter[float]()
        for _ in range(400):
            drawn = rng.choices(rows, k=len(rows) // 2)
            scores, right = zip(*drawn, strict=True)
            for target in targets:
                found = quality.threshold(scores, right, target=target)
                if found.score is not None:
                    chosen[target] += 1
                    kept = [accepted for score, accepted in rows if score >= found.score]
                    # Rows are drawn from all, so all are what the promise is about.
                    wrong[target] += sum(kept) / len(kept) < target
        for target in targets:
            figures = (chosen[target], f"{wrong[target] / 400:.2%}")
            text = f"{name}, precision {target}: thresholds found, of which violated"
            sheet.line(text, figures, "<= 5%", wrong[target] <= 20)


def jury(sheet: Sheet, data: Path) -> None:
    sheet.head("6. Juries: weights from 100 labels, measured on the others")
    rows = list(read(data / "judging" / "pandalm_999.jsonl"))
    forms = {"1": 0, "2": 1}
    labels = [Counter(row[n] for n in ("a1", "a2", "a3")).most_common(1)[0][0] for row in rows]
    gold = quality.read_gold(
        {"id": str(i), "kind": "pair", "instruction": str(i), "generations": ["a", "b"],
         "label": forms.get(label, "tie"), "annotator": "people", "split": "test"}
        for i, label in enumerate(labels)
    )  # fmt: skip
    items = gold.items()
    columns = {n: [forms.get(row[n], "tie") for row in rows] for n in ("gpt35", "pandalm7b")}
    columns["longer"] = [0 if row["len1"] >= row["len2"] else 1 for row in rows]
    judges = {
        name: {i.first.id: quality.JudgedItem(i, v) for i, v in zip(items, column, strict=True)}
        for name, column in columns.items()
    }
    rng = random.Random(3)
    worse = 0
    gains = []
    for number in range(100):
        order = rng.sample(range(len(items)), len(items))
        fit, test = ([items[i] for i in part] for part in (order[:100], order[100:]))
        found = weigh_jury(fit, test, judges, resamples=1, seed=number)
        right = {n: _share(test, c) for n, c in judges.items()}
        joint = sum(i.verdict == i.gold.label for i in found.judged) / len(test)
        gains.append(joint - max(right.values()))
        worse += found.gain.value < 0
    majority = quality.jury_verdicts(columns, dict.fromkeys(columns, 1.0))
    people = [item.label for item in items]
    sheet.line("plain majority", three(quality.agreement(people, majority)))
    best = {n: three(quality.agreement(people, c)) for n, c in columns.items()}
    sheet.line("its members", best)
    sheet.line("weighted jury above its best member, mean of 100 splits", f"{_mean(gains):+.4f}",
               ">= 0", _mean(gains) > -0.005)  # fmt: skip
    sheet.line("splits where the jury was worse than the judge it would be replaced by", worse)


def _share(items: Sequence[quality.GoldItem], column: dict[str, quality.JudgedItem]) -> float:
    return sum(column[i.first.id].verdict == i.label for i in items) / len(items)


def speed(sheet: Sheet) -> None:
    sheet.head("7. Speed")
    rng = random.Random(4)
    people, ab, ba = ([rng.choice([0, 1, "tie"]) for _ in range(1_000_000)] for _ in range(3))
    lengths = [(rng.randrange(2000), rng.randrange(2000)) for _ in range(1_000_000)]
    measures: dict[str, Callable[[], object]] = {
        "agreement": partial(quality.agreement, people, ab, ba),
        "both_correct": partial(quality.both_correct, people, ab, ba),
        "order_consistency": partial(quality.order_consistency, ab, ba),
        "first_pick": partial(quality.first_pick, ab, ba),
        "kappa": partial(quality.kappa, people, ab),
        "scott_pi": partial(quality.scott_pi, people, ab),
        "ac1": partial(quality.ac1, people, ab),
        "alpha": partial(quality.alpha, people, ab, ba),
        "longest": partial(quality.longest, lengths),
    }
    total = 0.0
    for name, measure in measures.items():
        start = time.process_time()
        measure()
        seconds = time.process_time() - start
        total += seconds
        print(f"       {name}: {seconds:.2f} s of CPU")
    sheet.line("a million pairs, all of these, s of CPU", f"{total:.1f}", "< 5", total < 5)
    milliseconds = min(judging_runs.import_time() for _ in range(9))
    bare = min(judging_runs.import_time("argparse") for _ in range(9))
    sheet.line("import distilabel.quality, ms of CPU", f"{milliseconds:.1f}", "< 20",
               milliseconds < 20)  # fmt: skip
    print(f"       for comparison, import argparse: {bare:.1f} ms")


def main() -> int:
    """Runs all proofs and returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, help="directory with the public data")
    parser.add_argument("--only", type=int, choices=range(1, 8), help="one of the seven proofs")
    parser.add_argument("--samples", type=int, default=1000, help="samples of the coverage")
    arguments = parser.parse_args()
    sheet = Sheet()
    autoj = AutoJ(arguments.data)
    proofs: list[Callable[[], object]] = [
        partial(reproduce, sheet, arguments.data, autoj),
        partial(policy, sheet, autoj),
        partial(coverage, sheet, autoj, arguments.samples),
        partial(judging_runs.stale, sheet, autoj),
        partial(violations, sheet, arguments.data, autoj),
        partial(jury, sheet, arguments.data),
        partial(speed, sheet),
    ]
    for number, proof in enumerate(proofs, start=1):
        if arguments.only in (None, number):
            proof()
    print(f"\n{sheet.failed or 'none'} short")
    return 1 if sheet.failed else 0


if __name__ == "__main__":
    sys.exit(main())
