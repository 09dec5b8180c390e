"""Plain steps in Ray actors give what they give in one process, whatever befalls an actor."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps import GlobalStep, Step, StepInput, StepResources
from rooms import Ask, Echo, FnGlobal, Numbers, rows_of, script
from worked import Counts, Holds, InProcess, Multiplies, Plain, Unloadable

ray = pytest.importorskip("ray")

from distilabel._engine.workers import ray_backend  # noqa: E402

SMALL = {
    "address": "local",
    "num_cpus": 2,
    "include_dashboard": False,
    "object_store_memory": 80_000_000,
}

# One cluster is enough.
pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(autouse=True, scope="module")
def _cluster() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(**SMALL, log_to_driver=False, namespace="tests")
        yield
        ray.shutdown()


def run(folder: Path, rows: Any, *, replicas: int = 2, size: int = 5, **fields: Any) -> Any:
    folder.mkdir(exist_ok=True)
    with Pipeline(name="p", cache_dir=folder / "cache") as pipeline:
        Plain(
            name="plain",
            resources=StepResources(replicas=replicas),
            folder=str(folder),
            input_batch_size=size,
            **fields,
        )
    return pipeline.ray().run(dataset=rows)


def numbers(count: int, **do: str) -> list[dict[str, Any]]:
    return [{"n": n, "do": do.get(f"r{n}"), "seconds": 0.2} for n in range(count)]


def actors() -> set[str]:
    return set(ray.util.list_named_actors())


def test_rows_stay_in_order_and_every_actor_loads_and_unloads(tmp_path: Path) -> None:
    distiset = run(tmp_path, numbers(40, r0="sleep", r5="sleep", r10="sleep"))
    made = rows_of(distiset)
    assert [row["n"] for row in made] == list(range(40))
    assert [row["made"] for row in made] == [f"made {n}" for n in range(40)]
    processes = {row["pid"] for row in made}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert {row["environment"] for row in made} == {"p"}
    for what in ("load", "unload"):
        assert {int(f.name.split("-")[1]) for f in tmp_path.glob(f"{what}-*")} == processes
    assert distiset.report.balanced
    assert actors() == set()


def test_actors_are_called_by_their_step_and_get_the_resources_it_asks_for(
    tmp_path: Path,
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=4) >> Sees(
            name="sees",
            input_batch_size=2,
            resources=StepResources(replicas=2, cpus=1, memory=1_000_000),
        )
    rows = rows_of(pipeline.ray().run())
    assert rows[0]["actors"] == ["distilabel-p-sees-0", "distilabel-p-sees-1"]
    assert rows[0]["assigned"] == {"CPU": 1.0, "memory": 1_000_000.0}


class Sees(Step):
    """Notes what it has been given."""

    def process(self, inputs: StepInput) -> Any:
        assigned = ray.get_runtime_context().get_assigned_resources()
        names = sorted(ray.util.list_named_actors())
        yield [{**row, "actors": names, "assigned": assigned} for row in inputs]


def test_what_one_row_becomes_is_matched_across_the_border(tmp_path: Path) -> None:
    made = []
    for there in (False, True):
        with Pipeline(name="p", cache_dir=tmp_path / str(there)) as pipeline:
            Numbers(count=50, batch_size=7) >> Multiplies(name="multiplies", input_batch_size=6)
        made.append(rows_of((pipeline.ray() if there else pipeline).run()))
    assert made[0] == made[1]
    assert len(made[0]) > 20


def test_what_was_made_without_ray_is_found_again_on_it(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Plain(name="plain")
    first = rows_of(pipeline.run(dataset=numbers(20)))
    again = rows_of(pipeline.ray().run(dataset=numbers(20)))
    assert again == first
    assert {row["pid"] for row in again} == {os.getpid()}


def test_tasks_ask_from_the_program_and_a_global_step_moves_if_it_asks_for_resources(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="distilabel")
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(name="load", count=6, resources=StepResources(cpus=1))
        ask = Ask(name="ask", llm=llm, resources=StepResources(replicas=2))
        stays = FnGlobal(
            name="stays", function=lambda rows: [{**r, "a": os.getpid()} for r in rows]
        )
        moves = WhereAll(name="moves", resources=StepResources(cpus=1))
        load >> ask >> stays >> moves
    rows = rows_of(pipeline.ray().run())
    assert len(llm.asked) == 6
    assert {row["a"] for row in rows} == {os.getpid()}
    assert os.getpid() not in {row["where"] for row in rows}
    assert "load gets no resources of its own: generator steps run in the main" in caplog.text
    assert "ask runs once, not 2 times: its requests are already sent" in caplog.text


class WhereAll(GlobalStep):
    @property
    def outputs(self) -> list[str]:
        return ["where"]

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "where": os.getpid()} for row in inputs]


def asked(folder: Path, texts: list[str], resources: StepResources) -> Any:
    with Pipeline(name="p", cache_dir=folder / "cache") as pipeline:
        Ask(name="ask", llm=InProcess(folder=str(folder)), resources=resources, input_batch_size=5)
    return pipeline.ray().run(dataset=[{"text": text} for text in texts])


def test_a_model_in_process_is_loaded_in_actors_if_its_step_asks_for_resources(
    tmp_path: Path,
) -> None:
    texts = [str(n) for n in range(40)]
    distiset = asked(tmp_path, texts, StepResources(replicas=2, cpus=1))
    answers = [row["answer"].split() for row in rows_of(distiset)]
    assert [text for text, _ in answers] == texts
    processes = {int(process) for _, process in answers}
    assert len(processes) == 2
    assert os.getpid() not in processes
    for what in ("load", "unload"):
        assert {int(f.name.split("-")[1]) for f in tmp_path.glob(f"{what}-*")} == processes
    # What was answered there is found again anywhere.
    again = asked(tmp_path, texts, StepResources())
    assert [row["answer"].split() for row in rows_of(again)] == answers


def test_a_model_stays_in_the_program_if_its_step_asks_for_nothing(tmp_path: Path) -> None:
    distiset = asked(tmp_path, ["a"], StepResources())
    assert rows_of(distiset)[0]["answer"] == f"a {os.getpid()}"


def test_a_question_that_kills_the_actors_of_a_model_fails_with_those_asked_with_it(
    tmp_path: Path,
) -> None:
    texts = [*"abcdefghi", "die"]
    distiset = asked(tmp_path, texts, StepResources(cpus=1))
    failed = {failure["key"][0]: failure["message"] for failure in distiset.failures}
    # With it in one call were those that were ready at the same moment.
    assert failed.keys() <= {5, 6, 7, 8, 9}
    assert "the Ray actor distilabel-p-ask-0 died: its worker process has died" in failed[9]
    assert distiset.report.balanced


def test_an_error_fails_its_batch_and_keeps_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    distiset = run(tmp_path, numbers(20, r2="raise", r8="odd", r12="log"))
    failures = {failure["key"]: failure for failure in distiset.failures}
    assert set(failures) == {(n,) for n in range(10)}
    assert (failures[2,]["type"], failures[2,]["message"]) == ("ZeroDivisionError", "row 2")
    assert (failures[8,]["type"], failures[8,]["message"]) == ("OddError", "odd")
    assert "a word of row 12" in caplog.text
    assert distiset.report.balanced


def test_a_killed_actor_costs_no_row_if_another_can_do_the_batch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Meanwhile the other actor is busy for a while.
    rows = [{**row, "seconds": 8.0} for row in numbers(30, r0="sleep", r7="kill_once")]
    distiset = run(tmp_path, rows, dies_again=True)
    assert (tmp_path / "killed_again").exists()
    assert [row["made"] for row in rows_of(distiset)] == [f"made {n}" for n in range(30)]
    assert not distiset.failures
    assert "Retrying its batch once" in caplog.text


def test_a_batch_that_kills_every_actor_fails_alone_and_says_how(tmp_path: Path) -> None:
    distiset = run(tmp_path, numbers(30, r7="kill"))
    failed = {failure["key"][0]: failure for failure in distiset.failures}
    assert sorted(failed) == [5, 6, 7, 8, 9]
    assert failed[7]["type"] == "WorkerDied"
    assert failed[7]["message"].startswith("the Ray actor distilabel-p-plain-")
    assert failed[7]["message"].endswith("process has died, probably out of memory")
    assert sum(row["made"] is not None for row in rows_of(distiset)) == 25
    assert distiset.report.balanced


def test_a_batch_that_takes_too_long_fails_alone_and_ends_its_actor(tmp_path: Path) -> None:
    rows = [{**row, "seconds": 60} for row in numbers(20, r7="sleep")]
    distiset = run(tmp_path, rows, process_timeout=1)
    assert [failure["key"] for failure in distiset.failures] == [(n,) for n in range(5, 10)]
    assert distiset.failures[0]["type"] == "TimeoutError"
    assert sum(row["made"] is not None for row in rows_of(distiset)) == 15


def test_a_step_that_remembers_is_not_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="distilabel")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=20) >> Counts(name="counts", input_batch_size=5)
    assert [row["count"] for row in rows_of(pipeline.ray().run())] == list(range(1, 21))
    assert "it keeps state from batch to batch" in caplog.text


def test_a_step_that_cannot_be_loaded_there_ends_the_run_and_its_actors(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Unloadable(name="u", resources=StepResources(replicas=2))
    with pytest.raises(RuntimeError, match=r"'u' could not be loaded: FileNotFoundError: no weigh"):
        pipeline.ray().run()
    assert actors() == set()


def test_a_step_that_cannot_be_sent_is_told_with_its_attribute(tmp_path: Path) -> None:
    import threading

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Holds(name="holds", handle=threading.Lock())
    with pytest.raises(DistilabelUserError, match=r"holds: its attribute 'handle' \(lock\) cannot"):
        pipeline.ray().run()


def test_a_step_that_no_node_has_room_for_says_what_it_waits_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distilabel._engine.workers import ray_actor

    monkeypatch.setattr(ray_actor, "_ROOM_SECONDS", 0.5)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Plain(name="plain", resources=StepResources(gpus=3), load_timeout=2.0)
    with pytest.raises(RuntimeError, match=r"`load` of plain took longer than 2 s"):
        pipeline.ray().run()
    told = "distilabel-p-plain-0 has not started yet: it is waiting for a node with gpus 3"
    assert told in caplog.text
    assert actors() == set()


def test_two_runs_of_one_name_in_one_namespace_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distilabel._engine.workers import ray_actor

    monkeypatch.setattr(ray_actor, "_NAME_SECONDS", 0.5)
    other = ray_actor.WorkerActor("distilabel-p-plain-1", {})
    try:
        with pytest.raises(RuntimeError, match="the same pipeline is running there"):
            run(tmp_path, numbers(3))
    finally:
        other.terminate()


def test_another_cluster_than_the_connected_one_is_refused(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3)
    with pytest.raises(DistilabelUserError, match=r"Ray is already connected to .*, not to"):
        pipeline.ray("127.0.0.9:1").run()
    here = ray.get_runtime_context().gcs_address
    assert len(rows_of(pipeline.ray(here).run())) == 3


@pytest.mark.parametrize(
    ("given", "environment"),
    [
        ({}, {"pip": ["numpy"]}),
        ({"runtime_env": {"env_vars": {"A": "b"}}}, {"pip": ["numpy"], "env_vars": {"A": "b"}}),
        ({"runtime_env": {"uv": ["scipy"]}}, {"uv": ["scipy"]}),
    ],
)
def test_requirements_are_installed_on_the_nodes_of_a_cluster(
    given: dict[str, Any], environment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **kwargs: seen.update(kwargs))
    monkeypatch.setattr(ray_backend, "_connected", None)
    ray_backend.RayBackend("head:1", {"namespace": "n", **given}, ["numpy"]).open()
    assert seen == {"address": "head:1", "namespace": "n", "runtime_env": environment}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "The actor died.\n\tpid: 3\nThe actor is dead because its node has died. Node Id: 7",
            "its node has died",
        ),
        ("it raised in its creation task\nTraceback\nImportError: no x\n", "ImportError: no x"),
        ("", "RayError"),
    ],
)
def test_why_an_actor_died_is_said_in_a_few_words(error: str, words: str) -> None:
    from distilabel._engine.workers.ray_actor import death_reason

    assert death_reason(ray.exceptions.RayError(error)) == words


PROGRAM = f"""
    SMALL = {SMALL}
    from distilabel.pipeline import Pipeline
    from distilabel.steps import StepResources
    from worked import Plain

    class Mine(Plain):
        pass

    with Pipeline(name="p", cache_dir="cache") as pipeline:
        Mine(resources=StepResources(replicas=2), folder=".", input_batch_size=1)
    rows = [dict(n=n, do="sleep", seconds=60) for n in range(4)]
    distiset = pipeline.ray(None, SMALL).run(dataset=rows)
    print("rows" if distiset else "nothing")
"""


@pytest.mark.parametrize("how", ["ctrl-c", "twice", "kill"])
def test_actors_end_with_the_program_however_it_ends(how: str, tmp_path: Path) -> None:
    process: subprocess.Popen[str] = script(PROGRAM, tmp_path, start_new_session=True)
    pids = wait_for_two(tmp_path)
    if how == "kill":
        process.kill()
    else:
        # As a terminal does it: to all processes of the group.
        for _ in range(2 if how == "twice" else 1):
            os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if how == "ctrl-c":
        assert (process.returncode, out) == (0, "nothing\n"), err
        assert "Traceback" not in err
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.1)


def wait_for_two(folder: Path) -> list[int]:
    until = time.monotonic() + 60
    while len(found := list(folder.glob("sleeping-*"))) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    return [int(file.name.split("-")[1]) for file in found]
