"""Runs the benchmarks, prints a table, saves all samples as JSON and the ratios in the history."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.cases import CASES, Bench, Figure
from bench.harness import ROOT, Broken, end_tidily
from bench.history import HISTORY, Entry, append, ratios_of
from bench.table import table

_QUICK = 0.05


def machine_facts() -> dict[str, Any]:
    """Returns facts about the machine that the figures depend on."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit.stdout.strip() or None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        **{name: metadata.version(name) for name in ("aiohttp", "pyarrow", "datasets")},
    }


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value == 0 or abs(value) >= 0.01 else f"{value:.4f}"


def line_of(case: str, figure: Figure, verdict: str) -> list[str]:
    low, high = min(figure.samples), max(figure.samples)
    floor = figure.floor
    return [
        case,
        figure.name,
        f"{_number(figure.value)} {figure.unit}".rstrip(),
        f"{_number(low)} .. {_number(high)}" if len(figure.samples) > 1 else "",
        f"{floor.sign} {_number(floor.limit)}" if floor else "",
        verdict,
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each side of each case")
    parser.add_argument("--only", action="append", choices=list(CASES), help="may be repeated")
    parser.add_argument(
        "--quick", action="store_true", help="once and small: shows that it works, not how fast"
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 below a floor")
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="the raw loop on both sides: every ratio has to be near 1",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "out", help="for the samples")
    parser.add_argument("--tmp", type=Path, help="where caches go for the time of a run")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    return given


def main() -> int:
    given = _arguments()
    end_tidily()
    bench = Bench(
        runs=1 if given.quick else given.runs,
        scale=_QUICK if given.quick else 1.0,
        where=given.tmp,
        self_check=given.self_check,
        note=lambda text: print(text, file=sys.stderr, flush=True),
    )
    # Verdicts on a run of other sizes, or of the competitor against itself, would say nothing.
    judged = not (given.quick or given.self_check)
    machine = machine_facts()
    lines = [["case", "figure", "median", "from .. to", "floor", ""]]
    kept: dict[str, Any] = {}
    measured: dict[str, list[Figure]] = {}
    broken = short = False
    for name in given.only or CASES:
        bench.note(name)
        try:
            figures = CASES[name](bench)
        except Broken as error:
            bench.note(str(error))
            lines.append([name, "broken: see above", "", "", "", "broken"])
            kept[name] = {"broken": str(error)}
            broken = True
            continue
        measured[name] = figures
        lines += [line_of(name, figure, figure.verdict if judged else "") for figure in figures]
        short = short or (judged and any(figure.verdict == "short" for figure in figures))
        kept[name] = [
            {
                "figure": figure.name,
                "median": figure.value,
                "unit": figure.unit,
                "floor": f"{figure.floor.sign} {figure.floor.limit}" if figure.floor else None,
                "verdict": (judged and figure.verdict) or None,
                "samples": figure.samples,
            }
            for figure in figures
        ]
    print(table(lines))
    if given.quick:
        print("\nOnce and small (--quick): no figure to judge by.")
    if given.self_check:
        print("\nThe raw loop on both sides (--self-check): nothing here is the library's.")
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / time.strftime("%Y%m%dT%H%M%SZ.json", time.gmtime())
    settings = {"runs": bench.runs, "scale": bench.scale, "self_check": bench.self_check}
    path.write_text(json.dumps({"machine": machine, **settings, "cases": kept}, indent=2) + "\n")
    print(f"\nAll samples: {path}")
    if broken:
        return 2
    if judged:
        append(Entry(machine["commit"] or "unknown", sys.version, ratios_of(measured)))
        print(f"Ratios: the last line of {HISTORY}; `make bench-compare` compares it.")
    return 1 if short and given.strict else 0


if __name__ == "__main__":
    sys.exit(main())
