"""Servers of models in Ray actors: each on its node, asked over HTTP, replaced when they end."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel.models import vLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import StepResources
from distilabel.steps.tasks import TextGeneration
from engine_doubles import FakeEngine, fake_engine, wait_until
from rooms import rows_of

ray = pytest.importorskip("ray")

# One cluster is enough.
pytestmark = pytest.mark.xdist_group("ray")

SMALL = {"address": "local", "num_cpus": 2, "include_dashboard": False}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    # The actors inherit the environment of the cluster.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("FAKE_ENGINE_SECONDS", "0.05")
        with fake_engine(tmp_path_factory.mktemp("engine"), patch) as engine:
            ray.init(**SMALL, object_store_memory=80_000_000, log_to_driver=False)
            yield engine
            ray.shutdown()


def asking(folder: Path, llm: vLLM, **resources: int) -> Pipeline:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        TextGeneration(name="ask", llm=llm, resources=StepResources(**resources))
    return pipeline


def questions(count: int) -> list[dict[str, str]]:
    return [{"instruction": f"question {number}"} for number in range(count)]


def test_each_replica_is_an_actor_with_a_server(tmp_path: Path, engine: FakeEngine) -> None:
    before = len(engine.starts)
    pipeline = asking(tmp_path, vLLM(model="m"), replicas=2, cpus=1)
    # The first server is enough to begin; the second one shares the load once it answers.
    rows = rows_of(pipeline.ray().run(dataset=questions(600)))
    started = {start["pid"] for start in engine.starts[before:]}
    assert {json.loads(row["generation"])["pid"] for row in rows} == started
    assert len(started) == 2
    wait_until(lambda: not engine.running)
    assert ray.util.list_named_actors() == []


def test_an_actor_that_is_lost_costs_what_was_in_flight(tmp_path: Path, engine: FakeEngine) -> None:
    before = len(engine.starts)
    llm = vLLM(model="m")

    def kill() -> None:
        wait_until(lambda: llm._lease and any(r.answered > 50 for r in llm._servers.replicas), 60)
        pid = engine.starts[before]["pid"]
        # The watchdog is the parent of the server, and the actor that of the watchdog.
        os.kill(parent(parent(pid)), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    rows = rows_of(asking(tmp_path, llm, cpus=1).ray().run(dataset=questions(300)))
    thread.join()
    assert None not in [row["generation"] for row in rows]
    assert len(engine.starts) == before + 2
    wait_until(lambda: not engine.running)


def test_a_server_that_cannot_start_stops_the_run(tmp_path: Path, engine: FakeEngine) -> None:
    with pytest.raises(RuntimeError, match="'ask' could not be loaded: vLLM: there is not enough"):
        asking(tmp_path, vLLM(model="oom"), cpus=1).ray().run(dataset=questions(1))


def parent(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("PPid")).split()[1])
