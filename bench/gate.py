"""Measures the rate limiter: limits, faults, outages and queues of a simulated endpoint, over HTTP.

Each scenario is a pipeline in its own process. Rejections and answers are counted by the endpoint;
the time is from the first request to the last answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

from bench.gate_plot import plot
from bench.gate_scenarios import END, SCENARIOS, START, Scenario
from bench.harness import ROOT, Broken, Server, end_tidily, fresh_folder, measure, module
from bench.table import table

# Seconds between two looks at the counts of the endpoint.
EVERY = 0.25
_QUICK = 0.1


@dataclass(frozen=True)
class Result:
    """The result of a scenario.

    Attributes:
        rows: that have an answer.
        wall: seconds from the first question to the last answer.
        refused: share of the questions that were answered with 429 or 503.
        raw: seconds the raw loop took, if it ran.
        seen: counts of the endpoint over time.
        looks: at the gate over time.
    """

    rows: int
    wall: float
    refused: float
    raw: float | None
    seen: list[dict[str, float]]
    looks: list[list[Any]]


class _Endpoint:
    """The endpoint of a scenario, which may stop and restart, and its total counts."""

    def __init__(self, scenario: Scenario, scratch: Path) -> None:
        self._settings = json.dumps(scenario.settings)
        self._scratch = scratch
        self._changes = scenario.changes
        self._before = {"answered": 0.0, "refused": 0.0, "requests": 0.0}
        self.seen: list[dict[str, float]] = []
        self._over = threading.Event()
        self._server = self._start(0)
        self.port = self._server.port
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _start(self, port: int) -> Server:
        command = module("gate_endpoint", "--port", port, "--settings", self._settings)
        return Server(command, self._scratch).__enter__()

    def _look(self) -> None:
        try:
            stats = self._server.ask("GET", "/stats")
        except (OSError, HTTPException, Broken):
            # While the endpoint is down, nothing is counted.
            counts = {"answered": 0.0, "refused": 0.0, "requests": 0.0}
        else:
            refused = sum(stats["by_status"].get(status, 0) for status in ("429", "503"))
            counts = {
                "answered": float(stats["answered"]),
                "refused": float(refused),
                "requests": float(stats["requests"]),
            }
        if self.seen and counts["requests"] < self.seen[-1]["requests"] - self._before["requests"]:
            self._before = {key: self.seen[-1][key] for key in self._before}
        counts = {key: count + self._before[key] for key, count in counts.items()}
        self.seen.append({"at": time.time(), **counts})

    def _watch(self) -> None:
        begun = 0.0
        left = list(self._changes)
        while not self._over.wait(EVERY):
            self._look()
            now = time.time()
            if not begun and self.seen[-1]["requests"]:
                begun = now
            while begun and left and now - begun >= left[0][0]:
                what = left.pop(0)[1]
                if what == END:
                    self._server.__exit__()
                elif what == START:
                    self._server = self._start(self.port)
                else:
                    self._server.ask("POST", "/settings", what)

    def close(self) -> None:
        self._over.set()
        self._watcher.join()
        self._look()
        self._server.__exit__()

    def asking(self) -> list[dict[str, float]]:
        """Returns the counts from just before the first request to the last answer."""
        first = next(i for i, look in enumerate(self.seen) if look["requests"])
        most = max(look["answered"] for look in self.seen)
        last = next(i for i, look in enumerate(self.seen) if look["answered"] == most)
        return self.seen[max(0, first - 1) : last + 1]


def _run(scenario: Scenario, command: list[str], scratch: Path) -> tuple[Any, Any]:
    endpoint = _Endpoint(scenario, scratch)
    try:
        done = measure([*command, "--port", str(endpoint.port)], scratch)
    finally:
        endpoint.close()
    return done.said, endpoint.asking()


def _result(scenario: Scenario) -> Result:
    with fresh_folder() as scratch:
        fields = json.dumps(scenario.model)
        command = module("gate_client", "--prompts", scenario.rows, "--model", fields)
        said, seen = _run(scenario, [*command, "--cache", str(scratch / "cache")], scratch)
        raw = None
        if scenario.against_raw:
            in_flight = scenario.model["max_concurrency"]
            command = module(
                "raw_loop", "--prompts", scenario.rows, "--in-flight", in_flight, "--retry"
            )
            _, of_raw = _run(scenario, command, scratch)
            raw = of_raw[-1]["at"] - of_raw[0]["at"]
    wall = seen[-1]["at"] - seen[0]["at"]
    refused = seen[-1]["refused"] / max(1.0, seen[-1]["requests"])
    return Result(said["rows"], wall, refused, raw, seen, said["looks"])


def _line(scenario: Scenario, result: Result) -> tuple[list[str], bool]:
    ideal = scenario.ideal(scenario.rows) if scenario.ideal else None
    against = result.raw or ideal
    lost = scenario.rows - result.rows
    good = lost == 0
    if scenario.most_refused is not None:
        good = good and result.refused <= scenario.most_refused
    if scenario.most_wall is not None and against:
        good = good and result.wall <= scenario.most_wall * against
    line = [
        scenario.name,
        str(scenario.rows),
        str(lost),
        f"{scenario.rows / result.wall:.1f}",
        f"{result.refused:.2%}",
        f"{result.wall:.1f} s",
        f"{ideal:.1f} s" if ideal else "",
        f"{result.raw:.1f} s" if result.raw else "",
        f"{result.wall / against:.2f}" if against else "",
    ]
    return line, good


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument(
        "--quick", action="store_true", help="few rows and nothing changes: shows that it works"
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 if one is short")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "out", help="for the plots")
    parser.add_argument("--format", choices=("svg", "png"), default="svg", help="of the plots")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    end_tidily()
    heads = ["scenario", "rows", "lost", "rows/s", "refused", "wall", "ideal", "raw", "ratio", ""]
    lines = [heads]
    short = False
    for scenario in SCENARIOS:
        if given.only and scenario.name not in given.only:
            continue
        if given.quick:
            rows = max(20, round(_QUICK * scenario.rows))
            scenario = replace(scenario, rows=rows, changes=())
        print(scenario.name, file=sys.stderr, flush=True)
        result = _result(scenario)
        line, good = _line(scenario, result)
        short = short or not good
        # Few rows are finished before a limit is found, so they say nothing about it.
        lines.append([*line, "" if given.quick else "PASS" if good else "short"])
        path = given.out / f"gate-{scenario.name}.{given.format}"
        plot(path, scenario.name, result.seen, result.looks)
    print(table(lines))
    print(f"\nPlots: {given.out}")
    return 1 if short and given.strict and not given.quick else 0


if __name__ == "__main__":
    sys.exit(main())
