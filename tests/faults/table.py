"""The table of faults: what each test of a fault promises, checked when the test runs.

A test that is marked with `fault` is a row of `docs/faults.md`. It returns what a user saw. What
the row says is seen has to stand there, and no row may be lost: so the page says what is so.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Where = Literal["error", "log", "row", "report"]

# The parts of the page, in order, with the files that hold their tests.
PARTS: Final = {
    "test_endpoints": "Endpoints",
    "test_answers": "Answers",
    "test_rows": "Rows",
    "test_steps": "Steps",
    "test_places": "Disks and files",
}
_WHERE: Final = {
    "error": "the error that ends the run",
    "log": "the log",
    "row": "the row's error",
    "report": "the report",
}


@dataclass
class Seen:
    """What a user sees of a run, and what became of the rows.

    Attributes:
        error: the message of the error that ended the run; empty if none did.
        log: the log of the run.
        row: the errors in the rows, one per line.
        report: the report at the end.
        given: rows that went in.
        kept: rows that came out, in this run or, if it ended early, in the next one.
    """

    error: str = ""
    log: str = ""
    row: str = ""
    report: str = ""
    given: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Fault:
    """A row of the table.

    Attributes:
        name: the fault.
        where: where it is seen; None where nothing of it is.
        sees: what stands there, `…` for what differs from run to run.
        done: what becomes of it.
        place: file and line of the test.
    """

    name: str
    where: Where | None
    sees: str
    done: str
    place: tuple[str, int]


FAULTS: dict[str, Fault] = {}


def fault(
    name: str, *, done: str, **seen: str
) -> Callable[[Callable[..., Seen]], Callable[..., None]]:
    """Marks a test of a fault, which returns what was seen; this is all a new row needs.

    Args:
        name: the fault, as a user would call it.
        done: what becomes of it.
        seen: one of `error`, `log`, `row` and `report`: what stands there, in one line, with `…`
            for what differs from run to run. None of them: it is not to be noticed at all.
    """
    ((where, sees),) = seen.items() or ((None, ""),)

    def register(test: Callable[..., Seen]) -> Callable[..., None]:
        code = inspect.unwrap(test).__code__
        place = Path(code.co_filename).stem, code.co_firstlineno
        # The same test may be imported under two names: by pytest, and for the page.
        assert name not in FAULTS or FAULTS[name].place == place, f"{name!r} is there already"
        FAULTS[name] = Fault(name, where, sees, done, place)  # type: ignore[arg-type]

        @functools.wraps(test)
        def checked(*args: Any, **kwargs: Any) -> None:
            outcome = test(*args, **kwargs)
            _check(FAULTS[name], outcome)

        return checked

    return register


def _check(fault: Fault, outcome: Seen) -> None:
    if fault.where is None:
        told = [line for line in outcome.log.splitlines() if " WARNING " in line]
        noticed = [outcome.error, outcome.row, *told]
        assert not any(noticed), f"it is noticed: {noticed}"
    else:
        found = getattr(outcome, fault.where)
        if fault.where == "report":
            found = re.sub(" +", " ", found)
        pattern = r"[^\n]*".join(re.escape(text) for text in fault.sees.split("…"))
        assert re.search(pattern, found), f"{fault.sees!r} is not in: {found}"
        if fault.where != "error":
            assert outcome.error == "", "it ended the run"
    assert outcome.given > 0, "no rows went in"
    assert outcome.given == outcome.kept, "rows are lost"


def page() -> str:
    """The page of the documentation."""
    lines = [_HEAD]
    for module, title in PARTS.items():
        importlib.import_module(f"faults.{module}")
        faults = [fault for fault in FAULTS.values() if fault.place[0] == module]
        lines += [f"\n## {title}\n", "| fault | what you see | what is done | rows lost |"]
        lines.append("|---|---|---|---|")
        for each in sorted(faults, key=lambda fault: fault.place):
            # Every test counts its rows: a row of the table is only there where none is lost.
            cells = [each.name, _seen(each), each.done, "0"]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _seen(fault: Fault) -> str:
    if fault.where is None:
        return "nothing"
    return f"{_WHERE[fault.where]}: `{fault.sees}`"


_HEAD = """\
# Faults

What can go wrong, what you see of it, and what is done about it. Each line is a test: the fault is
made to happen, over HTTP or on real files, what you see is compared with what this page says, and
the rows are counted. `make faults` writes this page anew from `tests/faults`.

`…` stands for what differs from run to run. Where an error ends the run, no row is lost when the
same program is run again after its cure: that is what is counted. The step is called `write` here,
the model `m`. [Reliability](reliability.md) explains the rules behind the lines."""
