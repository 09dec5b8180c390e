"""Kills runs at chosen points and checks that nothing is lost, changed or paid for twice.

`bench.kill` kills at random; this module aims: while steps are loaded, at the first requests and in
the middle, in each statement of a commit, while the output of a step is cached, with half a file
written, in a global step, while files are put in order and in place. A cache gets two kills, then a
run finishes; its dataset must equal that of an undisturbed run, line by line.
No more questions may have been answered twice than were in flight at the kills.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.fault_points import POINTS
from bench.harness import Broken, Server, end_tidily, fresh_folder
from bench.kill import Check, Runs, free_port
from bench.scenarios import SCENARIOS
from bench.table import table

_KILLS_PER_CACHE = 2


@dataclass(slots=True)
class Found:
    """The results.

    Attributes:
        kills: processes that ended, by point.
        missed: runs that did not come there, by point.
        caches: how many were run to the end.
        different: lines of their datasets that are not those of the undisturbed run.
        twice: questions that were answered more than once.
        in_flight: questions that were in flight at the kills.
        faults: Violations found.
    """

    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    caches: int = 0
    different: int = 0
    twice: int = 0
    in_flight: int = 0
    faults: list[str] = field(default_factory=list)

    def compare(
        self, where: str, wanted: list[str], got: list[str], twice: int, in_flight: int
    ) -> None:
        """Takes in a cache whose run got to its end.

        Args:
            where: the kills it met.
            wanted: lines of an undisturbed run.
            got: lines of this one.
            twice: questions that were answered more than once.
            in_flight: questions that were in flight at its kills.
        """
        different = [i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b]
        count = len(different) + abs(len(wanted) - len(got))
        self.caches += 1
        self.different += count
        self.twice += twice
        self.in_flight += in_flight
        if count:
            first = different[0] if different else min(len(wanted), len(got))
            lines = [each[first][:600] if first < len(each) else "(none)" for each in (wanted, got)]
            self.faults.append(
                f"{where}: {len(got)} lines of {len(wanted)}, {count} differ; line {first}:\n"
                f"    {lines[0]}\n    {lines[1]}"
            )
        if twice > in_flight:
            self.faults.append(f"{where}: {twice} questions answered twice, {in_flight} in flight")


class Draw:
    """Draws the points for one cache after the other: each once before any comes again.

    Args:
        counts: how often an undisturbed run comes to each point.
        seed: of the draws.
    """

    def __init__(self, counts: Counter[str], seed: int) -> None:
        self._counts = counts
        self._draw = random.Random(seed)
        self._left: list[str] = []
        self._alone: list[str] = []

    def points(self) -> list[str]:
        """The points for the next cache, as `NAME:NUMBER`, in the order of a run."""
        if self._alone:
            return [self._at(self._alone.pop(0), 0)]
        while len(self._left) < _KILLS_PER_CACHE:
            more = [name for name in POINTS if self._counts[name]]
            self._draw.shuffle(more)
            self._left += more
        some = [self._left.pop(0) for _ in range(_KILLS_PER_CACHE)]
        # A resumed run has nothing left to do at an earlier point.
        return [self._at(name, i) for i, name in enumerate(sorted(some, key=POINTS.index))]

    def missed(self, name: str) -> None:
        """A run did not come to a point any more: a fresh one will."""
        self._alone.append(name)

    def _at(self, name: str, place: int) -> str:
        # After a kill there is less left to do: the next one comes sooner.
        return f"{name}:{self._draw.randint(1, max(1, self._counts[name] // (1 + 3 * place)))}"


def aimed(runs: Runs, wanted: list[str], counts: Counter[str]) -> Found:
    """Kills until enough processes have met their points.

    Args:
        runs: starts the pipeline.
        wanted: the lines of an undisturbed run.
        counts: how often it came to each point.

    Raises:
        Broken: a run failed or hangs, or the points are never met.
    """
    check = runs.check
    found = Found()
    draw = Draw(counts, check.seed)
    while found.kills.total() < check.kills:
        if found.caches > 2 * check.kills + 10:
            raise Broken("the points are not met, again and again")
        points = draw.points()
        with fresh_folder(check.where) as scratch:
            runs.server.ask("POST", "/stats/reset")
            in_flight = 0
            for point in points:
                name = point.partition(":")[0]
                done = runs.run(scratch, point=point)
                told = json.loads((scratch / "points.json").read_text())
                print(f"  {point}: {'killed' if done.signalled else 'not met'}", file=sys.stderr)
                if done.signalled:
                    found.kills[name] += 1
                    in_flight += told["in_flight"]
                else:
                    found.missed[name] += 1
                    draw.missed(name)
            runs.run(scratch, point="")
            got = (scratch / "rows.jsonl").read_text().splitlines()
        twice = runs.server.ask("GET", "/stats")["repeats"]
        found.compare(" and ".join(points), wanted, got, twice, in_flight)
    return found


def checked(check: Check) -> Found:
    """Runs the whole check.

    Raises:
        Broken: a run failed or hangs, so that there is nothing to compare.
    """
    with fresh_folder(check.where) as scratch:
        port = free_port()
        simulate = ["--port", str(port), "--latency", check.latency, "--seed", "1"]
        command = [sys.executable, "-m", "distilabel", "simulate", *simulate]
        with Server(command, scratch, port) as server, fresh_folder(check.where) as cache:
            runs = Runs(check, server)
            server.ask("POST", "/stats/reset")
            runs.run(cache, point="")
            wanted = (cache / "rows.jsonl").read_text().splitlines()
            counts: Counter[str] = Counter(
                json.loads((cache / "points.json").read_text())["points"]
            )
            if twice := server.ask("GET", "/stats")["repeats"]:
                raise Broken(f"undisturbed: {twice} questions were answered twice")
            if rest := [name for name in POINTS if not counts[name]]:
                print(f"no run comes to: {', '.join(rest)}", file=sys.stderr)
            runs.patience = 120.0
            return aimed(runs, wanted, counts)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.kill_aimed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenario", choices=list(SCENARIOS), default="everything")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the points")
    parser.add_argument("--in-flight", type=int, default=16, help="per model")
    parser.add_argument(
        "--latency", default="lognormal:0.02:1.0:0.3", help="of the simulated model"
    )
    parser.add_argument("--tmp", type=Path, help="where caches go for the time of a run")
    given = parser.parse_args()
    end_tidily()
    check = Check(
        rows=given.rows,
        kills=given.kills,
        seed=given.seed,
        in_flight=given.in_flight,
        latency=given.latency,
        reach=1.0,
        where=given.tmp,
        scenario=given.scenario,
    )
    try:
        found = checked(check)
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    names = [name for name in POINTS if found.kills[name] or found.missed[name]]
    lines = [[name, str(found.kills[name]), str(found.missed[name])] for name in names]
    print(table([["point", "kills", "not met"], *lines]))
    print(
        f"\n{found.kills.total()} kills, {found.caches} datasets: {found.different} lines differ, "
        f"{found.twice} questions answered twice of {found.in_flight} that were in flight."
    )
    print("\n".join(found.faults) if found.faults else "Nothing lost, nothing changed.")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
