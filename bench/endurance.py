"""Checks that nothing grows in a long run: memory, open files, threads, delays of the event loop.

A generator makes rows as they are needed, and two tasks ask a model about each, at 1 ms per answer.
The last quarter of the run is compared with the second one, when everything is loaded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.cases import Figure, Floor
from bench.harness import ROOT, Broken, end_tidily, endpoint, fresh_folder, measure, module
from bench.run import line_of, machine_facts
from bench.table import table

_ROWS, _QUICK_ROWS = 200_000, 20_000
# A number per question and per written row is retained: about 40 bytes per row.
# The rest is allocator overhead for rows that come and go.
_BYTES_PER_ROW, _MEGABYTES = 100.0, 24.0


def run(rows: int, where: Path | None, every: float = 0.5) -> dict[str, Any]:
    """Runs it once.

    Args:
        rows: of the generator; two questions each.
        where: the folder for temporary ones; the system's own if None.
        every: seconds between two looks.

    Returns:
        What the process says of itself at its end.

    Raises:
        Broken: rows are missing, or a question was asked twice.
    """
    with fresh_folder(where) as scratch, endpoint(scratch, "constant:0.001") as server:
        command = module(
            *("endurance_child", "--port", server.port, "--rows", rows, "--every", every),
            *("--cache", scratch / "cache"),
        )
        done = measure(command, scratch, timeout=60 + rows / 100)
        seen = server.ask("GET", "/stats")
    said = {**done.said, "peak": done.peak}
    if said["rows"] != rows or seen["questions"] != 2 * rows or not said["balanced"]:
        raise Broken(
            f"endurance: {said['rows']} of {rows} rows, {seen['questions']} questions, "
            f"balanced: {said['balanced']}"
        )
    return said


def figures(said: dict[str, Any], *, judge_memory: bool = True) -> list[Figure]:
    """What the looks tell.

    Args:
        said: what the process said.
        judge_memory: whether there are enough rows for memory to have come to its level.

    Raises:
        Broken: it was over before there was anything to compare.
    """
    total = said["rows"]
    # With the last rows other work starts, such as reading all of them.
    looks = [look for look in said["looks"] if look["rows"] < total]
    early = [look for look in looks if 0.25 * total <= look["rows"] < 0.5 * total]
    late_ones = [look for look in looks if 0.75 * total <= look["rows"]]
    if not early or not late_ones:
        raise Broken("endurance: over before there was anything to compare; take more rows")

    def growth(name: str) -> float:
        # Rows are collected before they are written, so memory rises and falls: peaks are compared.
        return float(max(x[name] for x in late_ones) - max(x[name] for x in early))

    late = said["late"]
    return [
        Figure("requests/s", [said["asked"] / said["seconds"]], "1/s"),
        Figure("memory, second quarter", [max(x["memory"] for x in early)], "MB"),
        Figure("memory, last quarter", [max(x["memory"] for x in late_ones)], "MB"),
        Figure(
            "growth between them",
            [growth("memory")],
            "MB",
            Floor("<=", _MEGABYTES + _BYTES_PER_ROW * total / 2 / 1e6) if judge_memory else None,
        ),
        Figure("growth per row", [1e6 * growth("memory") / (total / 2)], "bytes"),
        Figure("peak, reading the dataset as well", [said["peak"]], "MB"),
        Figure("growth of open files", [growth("files")], "", Floor("<=", 8)),
        Figure("growth of threads", [growth("threads")], "", Floor("<=", 8)),
        Figure("event loop late, median", [1000 * late["p50"]], "ms", Floor("<=", 20)),
        Figure("event loop late, 99 of 100", [1000 * late["p99"]], "ms", Floor("<=", 100)),
        Figure("event loop late, most", [1000 * late["max"]], "ms"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.endurance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, help=f"{_ROWS:,} by default")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROWS:,} rows")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "out", help="for the looks")
    parser.add_argument("--tmp", type=Path, help="where caches go for the time of the run")
    given = parser.parse_args()
    rows = given.rows or (_QUICK_ROWS if given.quick else _ROWS)
    if rows < 1:
        parser.error("--rows must be at least 1")
    end_tidily()
    machine = machine_facts()
    try:
        said = run(rows, given.tmp)
        found = figures(said, judge_memory=rows >= _ROWS // 2)
    except Broken as error:
        print(error, file=sys.stderr)
        return 2
    heads = ["case", "figure", "value", "", "floor", ""]
    print(table([heads, *(line_of(f"{rows:,} rows", each, each.verdict) for each in found)]))
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / time.strftime("endurance-%Y%m%dT%H%M%SZ.json", time.gmtime())
    told = {each.name: {"value": each.value, "unit": each.unit} for each in found}
    path.write_text(json.dumps({"machine": machine, "figures": told, **said}, indent=2) + "\n")
    print(f"\nAll looks: {path}")
    return 1 if any(each.verdict == "short" for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
