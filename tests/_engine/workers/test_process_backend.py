"""Worker processes end with the program, however it ends, and never run it a second time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rooms import script

PROGRAM = """
    import sys
    from distilabel.pipeline import Pipeline
    from distilabel.steps import StepResources
    from worked import Plain

    class Mine(Plain):
        pass

    def main():
        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Mine(resources=StepResources(replicas=2), folder=".", input_batch_size=1)
        rows = [{"n": n, "do": "sleep", "seconds": float(sys.argv[1])} for n in range(4)]
        distiset = pipeline.run(dataset=rows)
        print([row["made"] for row in distiset["default"]["train"]] if distiset else "nothing")
"""
GUARD = """
    if __name__ == "__main__":
        main()
"""


def wait_for(what: Callable[[], Any], seconds: float = 30) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)
    return found


def sleeping(folder: Path) -> list[int]:
    """The processes that work on a row, once there are two."""
    found = [int(file.name.split("-")[1]) for file in folder.glob("sleeping-*")]
    return found if len(found) == 2 else []


def gone(pids: list[int]) -> bool:
    return not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        # One that has ended and was not waited for has no command line.
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=60)


def test_a_program_that_is_imported_by_its_workers_runs_once(tmp_path: Path) -> None:
    process = script(PROGRAM + GUARD, tmp_path, "0")
    out, err = finished(process)
    assert out == "['made 0', 'made 1', 'made 2', 'made 3']\n", err
    assert process.returncode == 0


def test_a_program_without_a_guard_is_told_so_and_does_not_run_twice(tmp_path: Path) -> None:
    process = script(PROGRAM + "\n    main()\n", tmp_path, "0")
    out, err = finished(process)
    assert process.returncode == 1
    assert err.count('Put the call of `run` under `if __name__ == "__main__":`') == 1
    assert "freeze_support" not in err
    assert out == ""
    assert len(list((tmp_path / "cache").rglob("pipeline.log"))) == 1


@pytest.mark.parametrize(
    "program",
    [
        "import module",
        """
        import sys
        from importlib.util import module_from_spec, spec_from_file_location
        if __name__ == "__main__":
            spec = spec_from_file_location("module", "module.py")
            sys.modules["module"] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules["module"])
        """,
    ],
)
def test_a_module_that_runs_a_pipeline_when_it_is_imported_is_told_so(
    program: str, tmp_path: Path
) -> None:
    (tmp_path / "module.py").write_text(
        textwrap.dedent(PROGRAM) + "\nif __name__ == 'module': main()\n"
    )
    process = script(program, tmp_path, "0")
    _, err = finished(process)
    assert process.returncode == 1
    assert "importing it runs the pipeline again" in err
    assert len(list((tmp_path / "cache").rglob("pipeline.log"))) <= 1


def test_a_class_of_a_notebook_is_told_to_be_moved_into_a_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM + GUARD), "0"],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Mine is defined in a notebook or a shell. Move it into a file" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_of_a_killed_program_end(number: int, tmp_path: Path) -> None:
    process = script(PROGRAM + GUARD, tmp_path, "60")
    pids = wait_for(lambda: sleeping(tmp_path))
    process.send_signal(number)
    finished(process)
    wait_for(lambda: gone(pids), 10)


def test_ctrl_c_stops_soon_and_leaves_no_process(tmp_path: Path) -> None:
    process = script(PROGRAM + GUARD, tmp_path, "60", start_new_session=True)
    pids = wait_for(lambda: sleeping(tmp_path))
    # As a terminal does it: to all processes of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = finished(process)
    assert process.returncode == 0, err
    assert out == "nothing\n"
    assert "Traceback" not in err
    assert gone(pids)


def test_ctrl_c_twice_stops_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    process = script(PROGRAM + GUARD, tmp_path, "60", start_new_session=True)
    pids = wait_for(lambda: sleeping(tmp_path))
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    finished(process)
    wait_for(lambda: gone(pids), 10)


SLOW_TO_LOAD = (
    "import time"
    + textwrap.dedent(PROGRAM).replace(
        "pass", 'def load(self):\n        self._note("load")\n        time.sleep(60)'
    )
    + textwrap.dedent(GUARD)
)
SLOW_TO_IMPORT = """
import os
import time
from pathlib import Path

if __name__ != "__main__":
    Path(f"load-{os.getpid()}").touch()
    time.sleep(60)
""" + textwrap.dedent(PROGRAM + GUARD)


@pytest.mark.parametrize("program", [SLOW_TO_LOAD, SLOW_TO_IMPORT])
def test_ctrl_c_while_workers_start_leaves_no_process(program: str, tmp_path: Path) -> None:
    process = script(program, tmp_path, "0", start_new_session=True)

    def starting() -> list[int]:
        found = [int(file.name.split("-")[1]) for file in tmp_path.glob("load-*")]
        return found if len(found) == 2 else []

    pids = wait_for(starting)
    os.killpg(process.pid, signal.SIGINT)
    _, err = finished(process)
    wait_for(lambda: gone(pids), 10)
    assert "Traceback" not in err
