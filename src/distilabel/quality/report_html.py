"""The report of a calibration as one HTML file, without scripts and without anything to load."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from distilabel.quality.calibration import Calibration
from distilabel.quality.intervals import lower_bound
from distilabel.quality.report_charts import Bar, bar_chart, line_chart
from distilabel.quality.report_text import measure_rows, sentence

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6472; --line: #d9dee6; --page: #fff;
  --card: #f6f8fa; --judge: #2563b8; --people: #b4540a; --good: #17703f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #343b46;
  --page: #14181e; --card: #1d232b; --judge: #7db2f5; --people: #f0a45d; --good: #6fcf97;
  --bad: #f28b82; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
.status { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; color: var(--page);
  background: var(--bad); font-size: .9rem; } .status.trusted { background: var(--good); }
p.note, td.soft, figcaption { color: var(--soft); font-size: .9rem; }
table { border-collapse: collapse; width: 100%; } th { font-weight: 600; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td.number { font-variant-numeric: tabular-nums; }
figure { margin: 0; } svg { max-width: 100%; height: auto; } svg text { fill: var(--ink);
  font: 12px system-ui, sans-serif; } .judge { fill: var(--judge); }
.people { fill: var(--people); }
.judge-line { stroke: var(--judge); fill: none; stroke-width: 2; } .axis { stroke: var(--line); }
.bound { stroke: var(--judge); fill: none; stroke-dasharray: 4 3; }
details { background: var(--card); border-radius: .4rem; padding: .5rem .8rem; margin: .5rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .3rem 0 .8rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; }
"""


def report_html(calibration: Calibration, review: str | None = None) -> str:
    """Makes the report.

    Args:
        calibration: What was measured.
        review: Address of a review page, to which `?id=` and the id of an item are added for the
            worst disagreements; None for no links.

    Returns:
        An HTML document. All texts of the data are escaped.
    """
    found, decision = calibration.measures, calibration.decision
    about = calibration.identity.described
    facts = [
        about.get("task", ""),
        about.get("model", ""),
        f"{found.n} items on the test split",
        f"{calibration.annotators} {'person' if calibration.annotators == 1 else 'people'}",
        calibration.date,
        calibration.source,
    ]
    status = "trusted" if decision.trusted else "refused"
    parts = [
        f"<h1>Judge {escape(calibration.step)}"
        f' <span class="status {status}">{escape(decision.status)}</span></h1>',
        f"<p>{escape(sentence(calibration.step, found, decision))}</p>",
        f'<p class="note">{escape(" · ".join(fact for fact in facts if fact))}</p>',
        *(f"<p>Warning: {escape(text)}</p>" for text in decision.warnings),
        "<h2>Measures</h2>",
        _table(("", "judge", "people", "best trivial"), measure_rows(found)),
        "<h2>Requirements</h2>",
        _table(
            ("", "", ""),
            [("✓" if check.passed else "✗", check.name, check.text) for check in decision.checks],
        ),
        "<h2>Confusion</h2>",
        _confusion(found.confusion),
        *_precision(calibration),
        *_lengths(calibration),
        *_slices(calibration),
        *_disagreements(calibration, review),
    ]
    title = f"Judge {calibration.step}: {decision.status}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads) if any(heads) else ""
    body = "".join(
        "<tr>" + "".join(f'<td class="number">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _confusion(table: Any) -> str:
    verdicts = sorted({verdict for row in table.values() for verdict in row})
    rows = [
        (f"people: {label}", *(str(row.get(verdict, 0)) for verdict in verdicts))
        for label, row in table.items()
    ]
    return _table(("", *(f"judge: {verdict}" for verdict in verdicts)), rows)


def _precision(calibration: Calibration) -> list[str]:
    """Precision against the share of rows that are kept, from strict to lax."""
    scored = calibration.scored
    total = sum(each.rows for each in scored)
    if not total:
        return []
    kept = right = 0
    points, bounds, rows = [], [], []
    for score, count, hits in scored:
        kept, right = kept + count, right + hits
        bound = lower_bound(right, kept)
        points.append((kept / total, right / kept))
        bounds.append((kept / total, bound))
        rows.append(
            (f"{score:g}", f"{kept / total:.1%}", f"{right / kept:.3f}", f"{bound:.3f}",
             f"{hits / count:.3f}")
        )  # fmt: skip
    heads = ("score from", "kept", "precision", "lower bound", "right at this score")
    chart = line_chart(points, bounds, "share of rows kept", "precision") if len(rows) > 2 else ""
    note = (
        "Of the pairs that people decide. A decided verdict has score 1, a tie 0."
        if calibration.measures.kind == "pair"
        else "Right is what people accept. The last column shows how reliable each score is."
    )
    return ["<h2>Precision and reliability</h2>", f'<p class="note">{note}</p>', chart,
            _table(heads, rows)]  # fmt: skip


def _lengths(calibration: Calibration) -> list[str]:
    bins = calibration.measures.length_bins
    if not bins:
        return []
    bars = []
    for low, high, pairs, judge, people in bins:
        name = f"{low}-{high}" if high is not None else f"over {low}"
        bars.append(Bar(f"{name} ({pairs})", [judge, people]))
    return [
        "<h2>Length</h2>",
        '<p class="note">How often the longer answer is picked, by the difference in characters'
        " (and pairs that both decide).</p>",
        bar_chart(bars, ["judge", "people"]),
    ]


def _slices(calibration: Calibration) -> list[str]:
    found = calibration.measures.slices
    if not found:
        return []
    rows = [(name, str(lead.n), str(lead)) for name, lead in found]
    return ["<h2>Slices</h2>", _table(("slice", "items", "credit above trivial"), rows)]


def _disagreements(calibration: Calibration, review: str | None) -> list[str]:
    if not calibration.disagreements:
        return []
    parts = ["<h2>Worst disagreements</h2>"]
    for each in calibration.disagreements:
        link = ""
        if review is not None:
            from urllib.parse import quote

            address = escape(f"{review}?id={quote(each.id)}")
            link = f' · <a href="{address}">review</a>'
        texts = "".join(f"<pre>{escape(text)}</pre>" for text in each.generations)
        reason = f"<p>Why: {escape(each.reason)}</p>" if each.reason else ""
        is_pair = len(each.generations) == 2
        names = {0: "A", 1: "B"} if is_pair else {}
        label, verdict = (names.get(value, value) for value in (each.label, each.verdict))
        head = f"people: {label} · judge: {verdict}"
        parts.append(
            f"<details><summary>{escape(head)} · {escape(each.instruction[:120])}{link}</summary>"
            f'<pre>{escape(each.instruction)}</pre><div class="pair">{texts}</div>{reason}'
            "</details>"
        )
    return parts
