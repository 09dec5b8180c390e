"""The process that is killed: runs a pipeline and writes all rows to a file."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.fault_points import Aim
from bench.scenarios import SCENARIOS


def lines(distiset: Any) -> Iterator[str]:
    """Returns a distiset as text lines: columns and types, then the rows in order."""
    for name in sorted(distiset):
        dataset = distiset[name]["train"]
        yield json.dumps([name, *(f"{k}: {v}" for k, v in dataset.features.items())])
        for row in dataset:
            yield json.dumps(row, sort_keys=True, default=str)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", choices=list(SCENARIOS), default="preferences")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--at", help="POINT:NUMBER, where to end by SIGKILL")
    parser.add_argument("--points", type=Path, help="where to write how often each point came")
    given = parser.parse_args()
    aim = Aim.of(given.at, given.points) if given.points else None
    build = SCENARIOS[given.scenario]
    pipeline = build(given.port, given.rows, given.in_flight, given.cache)
    distiset = pipeline.run(use_cache=True)
    if aim is not None:
        aim.write()
    half = given.out.with_suffix(".half")
    half.write_text("".join(f"{line}\n" for line in lines(distiset)))
    # Killed while it writes, it must not leave something that looks like a result.
    os.replace(half, given.out)


if __name__ == "__main__":
    main()
