"""`APIGenExecutionChecker`: calls are executed in the sandbox, and every fault is a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from distilabel._sandbox.sandbox import missing_mechanism
from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.apigen.execution_checker import APIGenExecutionChecker

pytestmark = pytest.mark.skipif(missing_mechanism() is not None, reason=str(missing_mechanism()))

LIBRARY = '''
import os
from math import sqrt

def area(width, height=1):
    """Area."""
    return width * height

def home():
    return open("/etc/passwd").read()

def keys():
    return sorted(os.environ)

def fails(x):
    raise ValueError(f"bad {x}")

def shell():
    return os.system("true")

def asks():
    return input("?")

def ends():
    os._exit(0)
'''


@pytest.fixture
def library(tmp_path: Path) -> str:
    path = tmp_path / "lib.py"
    path.write_text(LIBRARY)
    return str(path)


def check(libpath: str, *calls: Any, **options: Any) -> tuple[bool, list[str]]:
    checker = APIGenExecutionChecker(libpath=libpath, **options)
    checker.load()
    (row,) = next(checker.process([{"answers": json.dumps(calls), "kept": 1}]))
    assert row["kept"] == 1
    return row["keep_row_after_execution_check"], row["execution_result"]


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def test_calls_are_executed(library: str) -> None:
    assert check(library, call("area", height=3, width=2)) == (True, ["6"])
    assert check(library, call("area", width="2", height="0.5")) == (True, ["1.0"])
    assert check(library, call("sqrt", x=9)) == (True, ["3.0"])
    # By position, if the function has no such names.
    assert check(library, call("area", a=2, b=5)) == (True, ["10"])


def test_a_row_is_kept_only_if_all_calls_succeed(library: str) -> None:
    keep, results = check(library, call("area", width=2), call("fails", x=1))
    assert (keep, results) == (False, ["2", "ValueError: bad 1"])


@pytest.mark.parametrize(
    ("wrong", "result"),
    [
        (call("unknown"), "there is no function 'unknown'"),
        (call("../lib"), "no valid name"),
        (call("__import__('os')"), "no valid name"),
        ({"arguments": {}}, "no valid name"),
        ("area(2)", "no valid name"),
        ({"name": "area", "arguments": [2]}, "not a JSON object"),
        (call("area"), "TypeError"),
        (call("shell"), "dangerous: it uses 'os.system'"),
        (call("asks"), "dangerous: it uses 'input('"),
        (call("home"), "PermissionError"),
        (call("ends"), "without a result"),
    ],
)
def test_what_fails_says_why(library: str, wrong: Any, result: str) -> None:
    keep, (found,) = check(library, wrong)
    assert keep is False
    assert result in found


@pytest.mark.parametrize("answers", [None, "", "[]", "[null]", "text", "{}"])
def test_no_calls_are_not_kept(library: str, answers: Any) -> None:
    checker = APIGenExecutionChecker(libpath=library)
    checker.load()
    (row,) = next(checker.process([{"answers": answers}]))
    assert row["keep_row_after_execution_check"] is False
    assert row["execution_result"] == ["there are no calls to execute"]


def test_a_folder_has_one_file_per_function(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("UNIT = 'm2'\n")
    (tmp_path / "area.py").write_text(
        "from shared import UNIT\ndef area(a, b):\n    return f'{a * b} {UNIT}'\n"
    )
    assert check(str(tmp_path), call("area", a=2, b=3)) == (True, ["6 m2"])
    assert check(str(tmp_path), call("other"))[1] == ["there is no function 'other'"]


def test_dangerous_functions_run_if_wanted_but_stay_confined(library: str) -> None:
    keep, (result,) = check(library, call("shell"), check_is_dangerous=False)
    assert (keep, result) != (True, "0")
    assert "OPENAI" not in check(library, call("keys"))[1][0]


def test_a_missing_library_is_refused(tmp_path: Path) -> None:
    checker = APIGenExecutionChecker(libpath=str(tmp_path / "none.py"))
    with pytest.raises(DistilabelUserError, match=r"none\.py.*must be a Python file or a folder"):
        checker.load()
