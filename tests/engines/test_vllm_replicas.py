"""Two real vLLM servers of one step: they share the load, survive a kill and end with the program.

Run by `make test-engines`. Skipped without vLLM in this environment or `DISTILABEL_VLLM_PYTHON`.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distilabel.models import vLLM
from distilabel.models.servers import lease
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, StepResources
from distilabel.steps.tasks import TextGeneration

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None and not os.environ.get("DISTILABEL_VLLM_PYTHON"),
    reason="vLLM is not installed: pip install vllm, or set DISTILABEL_VLLM_PYTHON",
)

COUNT = 120


def pipeline_of(model: str, cache: Path) -> Pipeline:
    with Pipeline("replicas", cache_dir=cache) as pipeline:
        llm = vLLM(
            model=model,
            dtype="float32",
            extra_kwargs={"enforce_eager": True, "max_model_len": 512, "max_num_seqs": 4},
            generation_kwargs={"max_new_tokens": 32, "extra_sampling_params": {"ignore_eos": True}},
        )
        rows = [{"instruction": f"Explain {number}."} for number in range(COUNT)]
        load = LoadDataFromDicts(data=rows)
        load >> TextGeneration(name="write", llm=llm, resources=StepResources(replicas=2))
    return pipeline


def wait_until(condition: Callable[[], Any], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.2)


def processes_with(text: str) -> list[int]:
    """Ids of the processes with a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it has ended
            continue
        if text.encode() in words:
            found.append(int(path.parent.name))
    return found


def session_of(process: int) -> int:
    """The session of a process; 0 if it has ended."""
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return 0


def members(model: str) -> list[int]:
    """The processes of the servers of a model: each server is the leader of a session."""
    leaders = {*map(session_of, processes_with(f"serve\0{model}"))} - {0, os.getsid(0)}
    return [process for process in processes_with("") if session_of(process) in leaders]


def running_group() -> Any:
    """The servers that this program runs, once they answer."""
    groups = [shared.group for shared in lease._shared.values()]
    return groups[0] if groups and all(r.address for r in groups[0].replicas) else None


def port_of(replica: Any) -> str:
    return str(replica.address.url.rpartition(":")[2])


def test_two_servers_share_the_load_and_one_of_them_is_killed(
    vllm_model: str, tmp_path: Path
) -> None:
    seen: list[Any] = []
    killed: list[int] = []

    def kill_one() -> None:
        wait_until(running_group)
        group = running_group()
        seen.extend(group.replicas)
        wait_until(lambda: sum(replica.answered for replica in seen) >= COUNT // 3)
        for process in processes_with(port_of(seen[0])):
            if b"watchdog" not in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)
                killed.append(process)

    thread = threading.Thread(target=kill_one)
    thread.start()
    distiset = pipeline_of(vllm_model, tmp_path).run()
    thread.join()
    assert killed
    rows = distiset["default"]["train"]
    assert len(rows) == COUNT
    assert all(rows["generation"][:])
    assert distiset.report.balanced
    answered = [replica.answered for replica in seen]
    print(f"answered by each server: {answered}, killed: {killed}")
    # What was in flight at the kill was asked again; nothing else was.
    assert COUNT <= sum(answered) <= COUNT + 2
    assert min(answered) >= COUNT // 8
    wait_until(lambda: not processes_with(vllm_model), 30)


PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from engines.test_vllm_replicas import pipeline_of
print("begun", flush=True)
pipeline_of(sys.argv[3], Path(sys.argv[4])).run()
"""


def test_servers_end_with_a_program_that_is_killed(vllm_model: str, tmp_path: Path) -> None:
    tests = Path(__file__).parent.parent
    source = str(Path(lease.__file__).parents[3])
    arguments = [str(tests), source, vllm_model, str(tmp_path)]
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments])
    try:
        # Two servers, and in the session of each the process of its engine.
        wait_until(lambda: program.poll() is not None or len(members(vllm_model)) >= 4)
        assert program.poll() is None
        sessions = {*map(session_of, members(vllm_model))}
        assert len(sessions) == 2
    finally:
        program.kill()
        program.wait()
    begun = time.monotonic()
    wait_until(lambda: not (sessions & {*map(session_of, processes_with(""))}), 30)
    print(f"no server was left after {time.monotonic() - begun:.1f} s")
