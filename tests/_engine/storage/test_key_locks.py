"""A claim keeps other processes away, and never outlives its own, however that ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.storage import key_locks as module
from distilabel._engine.storage.key_locks import FileKeyLocks
from rooms import script

HOLDS = """
    import sys, time
    from pathlib import Path
    from distilabel._engine.storage.key_locks import FileKeyLocks

    claims = FileKeyLocks(Path("c"))
    print(claims.acquire(5), claims.acquire(7), claims.acquire(8), claims.shared, flush=True)
    sys.stdin.readline()
    claims.release(8)
    print("let go", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> tuple[Any, str]:
    process = script(HOLDS, folder, stdin=-1)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_others_are_kept_away_until_it_is_given_back_or_its_process_is_killed(
    tmp_path: Path,
) -> None:
    mine = FileKeyLocks(tmp_path / "c")
    assert not mine.shared
    assert mine.acquire(5)
    process, said = holder(tmp_path)
    # What was being asked when it came is not asked by it.
    assert said == "False True True True"
    assert mine.shared
    assert (mine.acquire(6), mine.acquire(7), mine.acquire(8)) == (True, False, False)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "let go\n"
    assert (mine.acquire(7), mine.acquire(8)) == (False, True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert mine.acquire(7)
    # Who has been there may have kept something.
    assert mine.shared
    mine.close()


def test_those_who_come_to_one_that_is_left_are_alone(tmp_path: Path) -> None:
    for _ in range(3):
        claims = FileKeyLocks(tmp_path / "c")
        assert not claims.shared
        claims.close()


def test_two_of_one_process_share_its_claims_and_know_of_each_other(tmp_path: Path) -> None:
    one, two = FileKeyLocks(tmp_path / "c"), FileKeyLocks(tmp_path / "c")
    assert one.acquire(1)
    assert two.acquire(1)
    two.close()
    process, said = holder(tmp_path)
    assert said == "True True True True"
    # Closing one has not let go of what the other holds.
    third = script(
        "from distilabel._engine.storage.key_locks import FileKeyLocks\nfrom pathlib import Path\n"
        "print(FileKeyLocks(Path('c')).acquire(1))",
        tmp_path,
    )
    assert third.communicate()[0] == "False\n"
    process.kill()
    process.communicate()
    one.close()


@pytest.mark.parametrize("why", ["nowhere", "slow", "no locks"])
def test_where_there_are_no_locks_everybody_asks(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c"
    if why == "nowhere":
        path = tmp_path / "missing" / "c"
    elif why == "slow":
        monkeypatch.setattr(module, "_SLOW_SECONDS", -1.0)
    else:
        monkeypatch.setattr(module, "fcntl", None)
    claims = FileKeyLocks(path)
    assert claims.acquire(1)
    assert not claims.shared
    claims.release(1)
    claims.close()
