"""Kills runs at random moments and checks that nothing is lost, changed or paid for twice.

The same pipeline runs against a simulated model whose answers depend only on the question: once
undisturbed, then with SIGKILL to all of its processes, then with SIGINT (Ctrl-C). A killed run is
restarted in the same cache until it finishes; its dataset must equal that of the undisturbed run,
row by row. After SIGKILL a question that was in flight may have been answered twice; after SIGINT
none may.
"""

from __future__ import annotations

import argparse
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bench.harness import (
    ROOT,
    Broken,
    Server,
    end_tidily,
    environment,
    fresh_folder,
    kill_group,
    module,
)
from bench.table import table

_SOONEST = 0.3
_MOST_LINES = 25
# A run that takes this many times the undisturbed one, and this much at least, hangs.
_PATIENCE_FACTOR, _LEAST_PATIENCE = 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """What is checked.

    Attributes:
        rows: of the pipeline; three questions each.
        kills: signals that have to meet a running process, of each kind.
        seed: of the moments.
        in_flight: questions in flight at a time, per model.
        latency: of the simulated model.
        reach: the latest moment, as a share of the undisturbed duration.
        where: the folder for temporary ones; the system's own if None.
        scenario: name of the pipeline.
    """

    rows: int
    kills: int
    seed: int
    in_flight: int
    latency: str
    reach: float
    where: Path | None
    scenario: str = "preferences"


@dataclass(frozen=True, slots=True)
class Run:
    """How one process ended.

    Attributes:
        signalled: whether it was still there when its moment came.
        status: its exit status; negative for the signal that ended it.
        wall: seconds it took.
        leaving: seconds from the signal to its end.
    """

    signalled: bool
    status: int
    wall: float
    leaving: float


@dataclass(slots=True)
class Tally:
    """The results of all runs of one kind.

    Attributes:
        name: of the kind.
        signals: how many met a running process.
        caches: how many caches were run to the end.
        different: lines of datasets that are not those of the undisturbed run.
        twice: questions that were answered more than once.
        in_flight: most questions that were in flight at a time.
        slowest: most seconds from a signal to the end of the process.
        statuses: exit statuses of the processes that got a signal.
        faults: Violations found.
    """

    name: str
    signals: int = 0
    caches: int = 0
    different: int = 0
    twice: int = 0
    in_flight: int = 0
    slowest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Runs:
    """Starts the pipeline again and again.

    Args:
        check: what is checked.
        server: the simulated model.
    """

    def __init__(self, check: Check, server: Server) -> None:
        self.check = check
        self.server = server
        self.patience = 600.0

    def run(
        self,
        scratch: Path,
        moment: float | None = None,
        number: int = signal.SIGKILL,
        point: str | None = None,
    ) -> Run:
        """Runs the pipeline once in the cache of `scratch`.

        Args:
            scratch: a folder; the result goes to `rows.jsonl` there.
            moment: seconds after its start at which it gets a signal; None for never.
            number: the signal.
            point: where it ends itself, `NAME:NUMBER` of `fault_points`; empty only has it count.

        Raises:
            Broken: it failed, or did not end.
        """
        (scratch / "rows.jsonl").unlink(missing_ok=True)
        command = module(
            *("kill_child", "--scenario", self.check.scenario),
            *("--port", self.server.port, "--rows", self.check.rows),
            *("--in-flight", self.check.in_flight),
            *("--cache", scratch / "cache", "--out", scratch / "rows.jsonl"),
            *(("--points", scratch / "points.json") if point is not None else ()),
            *(("--at", point) if point else ()),
        )
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            began = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # As in a terminal: a Ctrl-C there goes to all processes of the run.
                start_new_session=True,
            )
            try:
                signalled, sent = False, began
                if moment is not None:
                    try:
                        process.wait(moment)
                    except subprocess.TimeoutExpired:
                        signalled, sent = True, time.perf_counter()
                        kill_group(process.pid, number)
                process.wait(self.patience)
                ended = time.perf_counter()
            except subprocess.TimeoutExpired:
                raise Broken(f"a run hangs\n{_tail(log)}") from None
            finally:
                kill_group(process.pid)
                process.wait()
            if point and process.returncode == -signal.SIGKILL:
                signalled = True
            if process.returncode and not signalled:
                raise Broken(f"a run failed with status {process.returncode}\n{_tail(log)}")
        return Run(signalled, process.returncode, ended - began, ended - sent)

    def undisturbed(self) -> tuple[list[str], Tally, float]:
        """Runs once: the lines of its dataset, what was asked, and how long it took."""
        tally = Tally("undisturbed")
        with fresh_folder(self.check.where) as scratch:
            self.server.ask("POST", "/stats/reset")
            done = self.run(scratch)
            wanted = (scratch / "rows.jsonl").read_text().splitlines()
        self._count_questions(tally)
        if len(wanted) != self.check.rows + 1:
            raise Broken(f"undisturbed: {len(wanted) - 1} rows of {self.check.rows}")
        if tally.twice:
            tally.faults.append(f"{tally.twice} questions were answered twice without any signal")
        tally.caches = 1
        return wanted, tally, done.wall

    def disturbed(self, number: signal.Signals, wanted: list[str], duration: float) -> Tally:
        """Runs and signals until enough signals have met a running process.

        A run that was there before its moment has got to its end: its dataset is compared, and
        what follows happens in a fresh cache. Signals to a run that has nothing left to do would
        say little.
        """
        check = self.check
        tally = Tally(number.name)
        moments = random.Random(f"{check.seed} {number.name}")
        latest = max(_SOONEST, duration * check.reach)
        while tally.signals < check.kills:
            if tally.caches > 10 * check.kills:
                raise Broken(f"{number.name}: runs end before their moments, again and again")
            with fresh_folder(check.where) as scratch:
                self.server.ask("POST", "/stats/reset")
                while True:
                    left = tally.signals < check.kills
                    moment = moments.uniform(_SOONEST, latest) if left else None
                    done = self.run(scratch, moment, number)
                    _note(number, moment, done)
                    if not done.signalled:
                        break
                    tally.signals += 1
                    tally.statuses[done.status] += 1
                    tally.slowest = max(tally.slowest, done.leaving)
                got = (scratch / "rows.jsonl").read_text().splitlines()
                self._compare(tally, wanted, got)
                tally.caches += 1
            self._count_questions(tally)
        if number == signal.SIGINT and tally.twice:
            tally.faults.append(f"{tally.twice} questions were answered twice after SIGINT")
        return tally

    def _compare(self, tally: Tally, wanted: list[str], got: list[str]) -> None:
        different = [i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b]
        count = len(different) + abs(len(wanted) - len(got))
        tally.different += count
        if not count:
            return
        told = f"cache {tally.caches}: {len(got) - 1} rows of {len(wanted) - 1}, {count} differ"
        if different:
            first = different[0]
            told += f"; line {first}:\n    {wanted[first]}\n    {got[first]}"
        tally.faults.append(told)

    def _count_questions(self, tally: Tally) -> None:
        stats = self.server.ask("GET", "/stats")
        tally.twice += stats["repeats"]
        tally.in_flight = max(tally.in_flight, stats["max_in_flight"])


def _note(number: signal.Signals, moment: float | None, done: Run) -> None:
    if moment is None:
        told = f"to the end in {done.wall:.2f} s"
    elif done.signalled:
        told = f"{number.name} at {moment:.2f} s, gone {done.leaving:.2f} s later ({done.status})"
    else:
        told = f"done after {done.wall:.2f} s, before {number.name} at {moment:.2f} s"
    print(f"  {told}", file=sys.stderr, flush=True)


def _tail(log: TextIO) -> str:
    log.seek(0)
    return "\n".join(log.read().splitlines()[-_MOST_LINES:])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _line(tally: Tally) -> list[str]:
    statuses = ", ".join(f"{status} x{n}" for status, n in sorted(tally.statuses.items()))
    return [
        tally.name,
        str(tally.signals),
        str(tally.caches),
        str(tally.different),
        str(tally.twice),
        f"{tally.signals} x {tally.in_flight}",
        f"{tally.slowest:.2f} s" if tally.signals else "",
        statuses,
        "FAULT" if tally.faults else "ok",
    ]


_HEADS = [
    *("runs", "signals", "datasets", "lines that differ", "answered twice"),
    *("signals x most in flight", "slowest end", "exit statuses", ""),
]


def checked(check: Check, numbers: list[signal.Signals]) -> list[Tally]:
    """Runs the whole check.

    Raises:
        Broken: a run failed or hangs, so that there is nothing to compare.
    """
    with fresh_folder(check.where) as scratch:
        port = free_port()
        simulate = ["--port", str(port), "--latency", check.latency, "--seed", "1"]
        command = [sys.executable, "-m", "distilabel", "simulate", *simulate]
        with Server(command, scratch, port) as server:
            runs = Runs(check, server)
            wanted, undisturbed, duration = runs.undisturbed()
            print(f"undisturbed: {duration:.2f} s, seed {check.seed}", file=sys.stderr, flush=True)
            runs.patience = max(_LEAST_PATIENCE, _PATIENCE_FACTOR * duration)
            return [
                undisturbed,
                *(runs.disturbed(number, wanted, duration) for number in numbers),
            ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.kill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10, help="of each kind of signal")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--in-flight", type=int, default=50, help="per model")
    parser.add_argument("--latency", default="lognormal:0.05:0.8", help="of the simulated model")
    parser.add_argument("--reach", type=float, default=1.0, help="latest moment, 1: the whole run")
    parser.add_argument("--signal", choices=["SIGKILL", "SIGINT"], help="only this one")
    parser.add_argument("--tmp", type=Path, help="where caches go for the time of a run")
    given = parser.parse_args()
    if given.rows < 1 or given.kills < 1 or given.in_flight < 1:
        parser.error("--rows, --kills and --in-flight must be at least 1")
    end_tidily()
    # A shell starts what runs in the background with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    check = Check(
        rows=given.rows,
        kills=given.kills,
        seed=given.seed,
        in_flight=given.in_flight,
        latency=given.latency,
        reach=given.reach,
        where=given.tmp,
    )
    names = [given.signal] if given.signal else ["SIGKILL", "SIGINT"]
    try:
        tallies = checked(check, [signal.Signals[name] for name in names])
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    print(table([_HEADS, *map(_line, tallies)]))
    faults = [f"{tally.name}: {fault}" for tally in tallies for fault in tally.faults]
    print("\n".join(["", *faults]) if faults else "\nNothing lost, nothing changed.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
