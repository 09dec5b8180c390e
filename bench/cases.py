"""The benchmark cases: what each one runs, its figures and their floors.

Ours and the competitor take turns, so that other load on the machine affects both; a ratio is the
median of the ratios of neighboring runs, not a ratio of medians.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

from bench.harness import Broken, Outcome, Server, endpoint, fresh_folder, measure, module

IN_FLIGHT = 100


@dataclass(frozen=True, slots=True)
class Floor:
    """The bound that a figure has to meet."""

    sign: Literal["<=", ">=", "<"]
    limit: float

    def holds(self, value: float) -> bool:
        """Whether the figure meets its floor."""
        if self.sign == ">=":
            return value >= self.limit
        return value <= self.limit if self.sign == "<=" else value < self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What was measured.
        samples: One value per run; the figure is their median.
        unit: Unit of the values; empty for a ratio.
        floor: Bound to meet; None for a figure that only explains another.
    """

    name: str
    samples: list[float]
    unit: str = ""
    floor: Floor | None = None

    @property
    def value(self) -> float:
        """The median of the samples."""
        return median(self.samples)

    @property
    def verdict(self) -> str:
        """PASS or short; empty without a floor."""
        if self.floor is None:
            return ""
        return "PASS" if self.floor.holds(self.value) else "short"


@dataclass(frozen=True)
class Bench:
    """How the cases are run.

    Attributes:
        runs: Runs of each side of each case.
        scale: Share of the full sizes.
        where: Folder for temporary folders; the system default if None.
        self_check: Whether the competitor runs on both sides, so that every ratio must be near 1.
        note: Receives progress messages.
    """

    runs: int = 5
    scale: float = 1.0
    where: Path | None = None
    self_check: bool = False
    note: Callable[[str], None] = field(default=lambda text: None)

    def size(self, full: int) -> int:
        """Returns a number of rows or prompts, scaled."""
        return max(1, round(full * self.scale))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The run of a client, and the counters of the endpoint for it."""

    client: Outcome
    seen: dict[str, Any]

    @property
    def rate(self) -> float:
        return float(self.client.said["rows"] / self.client.wall)

    @property
    def rate_while_asking(self) -> float:
        asking = self.seen["last_answer"] - self.seen["first_question"]
        return float(self.seen["answered"] / asking)

    @property
    def cpu_per_thousand(self) -> float:
        return float(self.client.cpu / self.client.said["rows"] * 1000)

    @property
    def startup(self) -> float:
        return float(self.seen["first_question"] - self.client.started)


def _ask(bench: Bench, server: Server, who: str, prompts: int, seed: int) -> _Asked:
    side = "raw_loop" if bench.self_check else who
    with fresh_folder(bench.where) as scratch:
        more = [] if side == "raw_loop" else ["--cache", scratch / "cache"]
        command = module(
            side, "--port", server.port, "--prompts", prompts, "--in-flight", IN_FLIGHT, *more
        )
        server.ask("POST", f"/reset?seed={seed}")
        client = measure(command, scratch)
        seen = server.ask("GET", "/stats")
    if client.said["rows"] != prompts or seen["questions"] != prompts:
        raise Broken(
            f"{who}: {prompts} prompts, {client.said['rows']} answers kept, "
            f"{seen['questions']} questions asked"
        )
    if seen["max_in_flight"] > IN_FLIGHT:
        raise Broken(f"{who}: {seen['max_in_flight']} questions in flight, not {IN_FLIGHT}")
    bench.note(f"  {who:8} {client.wall:7.2f} s, {client.cpu:6.2f} s of processor time")
    return _Asked(client, seen)


def _in_turns(runs: int) -> Iterator[tuple[int, tuple[str, str]]]:
    for run in range(runs):
        yield run, ("ours", "raw_loop") if run % 2 else ("raw_loop", "ours")


def _both(bench: Bench, latency: str, prompts: int) -> tuple[list[_Asked], list[_Asked]]:
    """Runs ours and raw in turns, neighbors with the same latencies."""
    sides: dict[str, list[_Asked]] = {"ours": [], "raw_loop": []}
    with fresh_folder(bench.where) as scratch, endpoint(scratch, latency) as server:
        # A warm-up run: compiles byte code and reads files from disk.
        for who in sides:
            _ask(bench, server, who, min(20, prompts), 0)
        for run, order in _in_turns(bench.runs):
            for who in order:
                sides[who].append(_ask(bench, server, who, prompts, run))
    return sides["ours"], sides["raw_loop"]


def lognormal(bench: Bench) -> list[Figure]:
    """2,000 prompts to a model that is sometimes slow: does the pipeline keep 100 in flight?"""
    ours, raw = _both(bench, "lognormal:0.2:1.0:10", bench.size(2000))
    return [
        Figure(
            "wall, ours / raw",
            [a.client.wall / b.client.wall for a, b in zip(ours, raw, strict=True)],
            floor=Floor("<=", 1.10),
        ),
        Figure("wall, ours", [a.client.wall for a in ours], "s"),
        Figure("wall, raw", [b.client.wall for b in raw], "s"),
    ]


def throughput(bench: Bench) -> list[Figure]:
    """20,000 prompts to a model that takes 1 ms: what is the overhead of the pipeline?"""
    ours, raw = _both(bench, "constant:0.001", bench.size(20_000))
    return [
        Figure(
            "requests/s, ours / raw",
            [a.rate / b.rate for a, b in zip(ours, raw, strict=True)],
            floor=Floor(">=", 0.5),
        ),
        Figure(
            "requests/s while asking, ours / raw",
            [a.rate_while_asking / b.rate_while_asking for a, b in zip(ours, raw, strict=True)],
        ),
        Figure(
            "CPU, ours / raw",
            [a.client.cpu / b.client.cpu for a, b in zip(ours, raw, strict=True)],
        ),
        Figure("requests/s, ours", [a.rate for a in ours], "1/s"),
        Figure("requests/s, raw", [b.rate for b in raw], "1/s"),
        Figure("requests/s while asking, ours", [a.rate_while_asking for a in ours], "1/s"),
        Figure("requests/s while asking, raw", [b.rate_while_asking for b in raw], "1/s"),
        Figure("CPU per 1,000, ours", [a.cpu_per_thousand for a in ours], "s", Floor("<=", 0.30)),
        Figure("CPU per 1,000, raw", [b.cpu_per_thousand for b in raw], "s"),
        Figure("peak memory, ours", [a.client.peak for a in ours], "MB"),
        Figure("peak memory, raw", [b.client.peak for b in raw], "MB"),
    ]


def startup(bench: Bench) -> list[Figure]:
    """Measures the time from the start of the process to the first request."""
    ours, raw = _both(bench, "constant:0", 10)
    return [
        Figure(
            "first question, ours - raw",
            [a.startup - b.startup for a, b in zip(ours, raw, strict=True)],
            "s",
            Floor("<=", 0.6),
        ),
        Figure(
            "first question, ours / raw",
            [a.startup / b.startup for a, b in zip(ours, raw, strict=True)],
        ),
        Figure("first question, ours", [a.startup for a in ours], "s"),
        Figure("first question, raw", [b.startup for b in raw], "s"),
    ]


def plain(bench: Bench) -> list[Figure]:
    """1,000,000 rows through three plain steps: memory, and time per row."""
    rows = bench.size(1_000_000)
    ours: list[Outcome] = []
    loop: list[Outcome] = []
    for _, order in _in_turns(bench.runs):
        for who in order:
            side, kept = ("ours", ours) if who == "ours" else ("loop", loop)
            with fresh_folder(bench.where) as scratch:
                command = module("plain", "loop" if bench.self_check else side, scratch)
                done = measure(command, scratch, BENCH_ROWS=str(rows))
            bench.note(f"  {side:8} {done.wall:7.2f} s, {done.peak:6.0f} MB")
            kept.append(done)
    wanted = loop[0].said["last"]
    for done in (*ours, *loop):
        if done.said["rows"] != rows or done.said["last"] != wanted:
            raise Broken(f"plain: {done.said} is not {rows} rows that end with {wanted}")
    return [
        Figure("rows/s, ours / loop", [b.wall / a.wall for a, b in zip(ours, loop, strict=True)]),
        Figure(
            "peak memory, ours / loop", [a.peak / b.peak for a, b in zip(ours, loop, strict=True)]
        ),
        Figure("peak memory, ours", [a.peak for a in ours], "MB", Floor("<", 1000)),
        Figure("peak memory, loop", [b.peak for b in loop], "MB"),
        Figure("rows/s, ours", [rows / a.wall for a in ours], "1/s", Floor(">=", 50_000)),
        Figure("rows/s, loop", [rows / b.wall for b in loop], "1/s"),
        Figure("rows/s in run(), ours", [rows / a.said["seconds"] for a in ours], "1/s"),
    ]


def replay(bench: Bench) -> list[Figure]:
    """Runs a finished pipeline of two tasks and 50,000 rows again: no request is sent.

    That many rows, because importing the Parquet reader and writer takes as long as 7,000 rows.
    """
    if bench.self_check:
        return []
    rows = bench.size(50_000)
    same: list[float] = []
    asked: list[float] = []
    other: list[float] = []
    asked_by_other: list[float] = []
    with fresh_folder(bench.where) as scratch, endpoint(scratch) as server:

        def run(tail: str | None) -> tuple[float, int]:
            command = module(
                "replay", "--port", server.port, "--rows", rows, "--cache", scratch / "cache"
            )
            server.ask("POST", "/reset")
            done = measure([*command, *(["--tail", tail] if tail else [])], scratch)
            if done.said["rows"] != rows:
                raise Broken(f"replay: {done.said['rows']} of {rows} rows have answers")
            requests = int(server.ask("GET", "/stats")["requests"])
            rate = float(rows / done.said["seconds"])
            bench.note(f"  {tail or 'same':8} {rate:9.0f} rows/s, {requests} requests")
            return rate, requests

        if run(None)[1] < 2 * rows:
            raise Broken("replay: the first run has asked too little to be one")
        for i in range(bench.runs):
            rate, requests = run(None)
            same.append(rate)
            asked.append(requests)
            rate, requests = run(f"keep_{i}")
            other.append(rate)
            asked_by_other.append(requests)
    return [
        Figure("rows/s in run(), the same again", same, "1/s", Floor(">=", 10_000)),
        # The worst, not the median: a single repeated request is one too many.
        Figure("requests, the same again", [max(asked)], floor=Floor("<=", 0)),
        Figure("rows/s in run(), a step added", other, "1/s"),
        Figure("requests, a step added", [max(asked_by_other)]),
    ]


CASES: dict[str, Callable[[Bench], list[Figure]]] = {
    "lognormal": lognormal,
    "throughput": throughput,
    "startup": startup,
    "plain": plain,
    "replay": replay,
}
