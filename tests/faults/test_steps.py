"""Faults of steps of one's own, in a run of a few rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import StepResources
from faults.table import Seen, fault
from rooms import Fn, Numbers, rows_of
from worked import Plain


def ran(
    cache: Path, function: Callable[[Any], Any], **fields: Any
) -> tuple[Seen, list[dict[str, Any]]]:
    """Runs a step of two rows at a time on six."""
    with Pipeline(name="steps", cache_dir=cache) as pipeline:
        Numbers(count=6) >> Fn(name="mine", function=function, input_batch_size=2, **fields)
    return seen_of(pipeline.run(), cache)


def seen_of(distiset: Any, cache: Path) -> tuple[Seen, list[dict[str, Any]]]:
    """What there is to see of a run of the step `mine`, and its rows."""
    (log,) = cache.glob("**/pipeline.log")
    step = distiset.report.steps["mine"]
    assert distiset.report.balanced
    seen = Seen(
        log=log.read_text(encoding="utf-8"),
        row="\n".join(f"{f['type']}: {f['message']}" for f in distiset.failures),
        report=str(distiset.report),
        given=6,
        # What it made of a row, or nothing, is its own affair; but each is accounted for.
        kept=step.given + step.failed + step.dropped - step.created,
    )
    return seen, rows_of(distiset)


def on_the_third(then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda rows: then(rows) if rows[0]["n"] == 2 else rows


def raises(rows: Any) -> Any:
    raise ValueError("no such thing")


@fault(
    "a step raises",
    row="ValueError: no such thing",
    done="the rows of its batch fail, the log says once where in its code; the others go on",
)
def test_a_step_raises(tmp_path: Path) -> Seen:
    seen, rows = ran(tmp_path, on_the_third(raises))
    assert len(rows) == 6
    assert len(seen.row.splitlines()) == 2
    assert seen.log.count("in raises") == 1
    return seen


@fault(
    "a step yields None, or something else that is no list of rows",
    row="TypeError: `process` of mine yielded a NoneType. Yield a list of rows.",
    done="the rows of its batch fail; the others go on",
)
def test_a_step_yields_none(tmp_path: Path) -> Seen:
    seen, rows = ran(tmp_path, on_the_third(lambda rows: None))
    assert len(rows) == 6
    return seen


@fault(
    "a step gives nothing for some rows",
    report="mine 6 4 2 -",
    done="that is how a step drops rows; the report counts them: 6 in, 4 out, 2 dropped",
)
def test_a_step_gives_nothing(tmp_path: Path) -> Seen:
    seen, rows = ran(tmp_path, on_the_third(lambda rows: []))
    assert [row["n"] for row in rows] == [0, 1, 4, 5]
    return seen


@fault(
    "a step gives more rows than it took",
    report="mine 6 11 5 -",
    done="all of them go on; the report counts them: 6 in, 11 out, 5 created",
)
def test_a_step_gives_too_many(tmp_path: Path) -> Seen:
    seen, rows = ran(tmp_path, on_the_third(lambda rows: [{"n": i} for i in range(7)]))
    assert len(rows) == 4 + 7
    return seen


@fault(
    "a step hangs",
    row="TimeoutError: … took longer than 0.2 s and was left behind",
    done="with `process_timeout`, the rows of its batch fail; the others go on",
)
def test_a_step_hangs(tmp_path: Path) -> Seen:
    over = threading.Event()
    try:
        seen, rows = ran(tmp_path, on_the_third(lambda rows: over.wait(60)), process_timeout=0.2)
    finally:
        over.set()
    assert [row["n"] for row in rows] == [*range(6)]
    assert len(seen.row.splitlines()) == 2
    return seen


@fault(
    "the system kills a worker process of a step",
    row="killed (signal 9), probably out of memory",
    done="its batch is tried once more in a new process, then its rows fail; the others go on",
)
def test_a_worker_process_is_killed(tmp_path: Path) -> Seen:
    with Pipeline(name="steps", cache_dir=tmp_path) as pipeline:
        Plain(name="mine", input_batch_size=2, resources=StepResources(replicas=2))
    rows_in = [{"n": n, "do": "kill" if n == 2 else None} for n in range(6)]
    seen, rows = seen_of(pipeline.run(dataset=rows_in), tmp_path)
    assert [row["n"] for row in rows] == [*range(6)]
    assert [row["made"] is None for row in rows] == [False, False, True, True, False, False]
    return seen
