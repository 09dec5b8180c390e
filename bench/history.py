"""Keeps the ratios of benchmark runs in a file of the repository, and says what has changed.

Ratios only: seconds say more about the machine than about the code. Entries of different builds of
Python are not compared, because one may be a fifth faster than another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.cases import Figure
from bench.harness import ROOT
from bench.table import table

HISTORY = ROOT / "bench" / "history.jsonl"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of one run of the benchmarks.

    Attributes:
        median: the median of its samples.
        low: the smallest sample.
        high: the largest sample.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of the benchmarks.

    Attributes:
        commit: the commit that was measured; `-dirty` if there were changes.
        python: the build of Python.
        ratios: case and figure -> its ratio.
    """

    commit: str
    python: str
    ratios: dict[str, Ratio]


def ratios_of(figures: dict[str, list[Figure]]) -> dict[str, Ratio]:
    """Returns the figures that compare ours with a competitor.

    Args:
        figures: case -> its figures.
    """
    return {
        f"{case}: {figure.name}": Ratio(
            round(figure.value, 3), round(min(figure.samples), 3), round(max(figure.samples), 3)
        )
        for case, found in figures.items()
        for figure in found
        if " / " in figure.name
    }


def append(entry: Entry, path: Path = HISTORY) -> None:
    """Adds an entry to the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(entry), sort_keys=True) + "\n")


def read(path: Path = HISTORY) -> list[Entry]:
    """Returns the entries of the file, oldest first; none if it is missing."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        given = json.loads(line)
        ratios = {name: Ratio(**ratio) for name, ratio in given.pop("ratios").items()}
        entries.append(Entry(**given, ratios=ratios))
    return entries


def changes(entries: Iterable[Entry]) -> list[list[str]]:
    """Compares the last entry with earlier ones of the same build of Python.

    Args:
        entries: all entries, oldest first.

    Returns:
        One line per ratio of the last entry: its name, the commit it is compared with, the ratio
        there, the ratio now, and the change in percent, `?` where their samples overlap.
    """
    *earlier, last = entries
    lines = []
    for name, now in last.ratios.items():
        found = [e for e in earlier if e.python == last.python and name in e.ratios]
        if not found:
            lines.append([name, "", "", f"{now.median:.3f}", "new"])
            continue
        before = found[-1].ratios[name]
        percent = f"{100 * (now.median / before.median - 1):+.0f}%" if before.median else ""
        overlap = now.low <= before.high and before.low <= now.high
        change = f"{percent} ?" if overlap else percent
        line = [name, found[-1].commit, f"{before.median:.3f}", f"{now.median:.3f}", change]
        lines.append(line)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--file", type=Path, default=HISTORY)
    entries = read(parser.parse_args().file)
    if not entries:
        print("There are no entries yet: `make bench` adds one.")
        return 1
    print(f"{entries[-1].commit}, Python {entries[-1].python}\n")
    print(table([["ratio", "before", "", "now", "change"], *changes(entries)]))
    print("\n? The samples of both runs overlap: it may be chance.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
