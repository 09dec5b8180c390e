"""Replicas: their start together, the balance of requests, crashes, and their end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import threading
from collections import Counter
from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models.servers.group import LoadCanceled, ServerGroup
from distilabel.models.servers.host import Address, RunningServer, ServerFailed
from distilabel.models.servers.local_host import LocalHost
from distilabel.models.servers.replica import State
from distilabel.models.servers.spec import VLLM, ServerSpec
from engine_doubles import FakeEngine, wait_until


def group_of(model: str = "m") -> ServerGroup:
    spec = ServerSpec(VLLM, model, (model, "--served-model-name", model))
    return ServerGroup(spec, LocalHost(lambda number: None))


async def ask(group: ServerGroup, question: str = "?") -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    reply = await group.ask("v1/chat/completions", orjson.dumps({"messages": messages}))
    said: dict[str, Any] = json.loads(orjson.loads(reply.body)["choices"][0]["message"]["content"])
    return said


async def test_requests_are_spread_over_the_replicas(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_SECONDS", "0.05")
    group = group_of()
    group.start(2)
    answers = await asyncio.gather(*(ask(group) for _ in range(20)))
    assert sorted(Counter(answer["pid"] for answer in answers).values()) == [10, 10]
    assert [replica.in_flight for replica in group.replicas] == [0, 0]
    group.stop()
    assert not engine.running


async def test_a_crash_costs_what_was_in_flight_and_the_server_comes_back(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    group = group_of()
    group.start(1)
    before = await ask(group)
    with pytest.raises(AnswerError) as error:
        await ask(group, "crash")
    assert error.value.retryable
    # Asked while the server starts: the answer comes from the new one.
    wait_until(lambda: group.replicas[0].state is not State.UP or len(engine.starts) == 2)
    after = await ask(group)
    assert after["pid"] != before["pid"]
    assert "has ended and is started again" in caplog.text
    assert "c10::Error" in caplog.text
    group.stop()


async def test_the_others_answer_while_one_starts_again(engine: FakeEngine) -> None:
    group = group_of("crashes-again")
    group.start(2)
    with pytest.raises(AnswerError):
        await ask(group, "crash")
    wait_until(lambda: State.STARTING in [replica.state for replica in group.replicas])
    assert len({(await ask(group))["pid"] for _ in range(4)}) == 1
    group.stop()
    assert not engine.running


async def test_a_request_is_canceled_when_its_server_ends(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_SECONDS", "60")
    group = group_of()
    group.start(1)
    asked = asyncio.create_task(ask(group))
    await asyncio.to_thread(wait_until, lambda: group.replicas[0].in_flight)
    os.kill(engine.starts[0]["pid"], signal.SIGKILL)
    with pytest.raises(AnswerError) as error:
        await asked
    assert error.value.retryable
    assert group.replicas[0].in_flight == 0
    group.stop()


async def test_a_request_of_a_caller_that_is_canceled_is_canceled(engine: FakeEngine) -> None:
    group = group_of()
    group.start(1)
    asked = asyncio.create_task(ask(group))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    group.stop()


def test_one_that_cannot_start_ends_the_others(engine: FakeEngine) -> None:
    group = group_of("oom")
    with pytest.raises(DistilabelUserError, match="not enough memory"):
        group.start(2)
    assert not engine.running


def test_a_start_can_be_canceled(engine: FakeEngine) -> None:
    group = group_of("hangs")

    def cancel() -> None:
        wait_until(lambda: engine.starts)
        group.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(LoadCanceled):
        group.start(1)
    assert not engine.running


class Scripted:
    """A host whose servers do what a list says: fail, or run until told to end."""

    def __init__(self, *starts: str, waits_for_all: bool = True) -> None:
        self.waits_for_all = waits_for_all
        self.starts = list(starts)
        self.end = threading.Event()

    def check(self, spec: ServerSpec) -> None: ...

    def place(self, spec: ServerSpec, number: int) -> RunningServer:
        return ScriptedServer(self, self.starts.pop(0))


class ScriptedServer:
    def __init__(self, host: Scripted, how: str) -> None:
        self._host = host
        self._how = how

    def start(self, is_canceled: Any) -> Address:
        while self._how == "waits" and not is_canceled():
            pass
        if self._how not in ("runs", "ends", "ends late"):
            raise ServerFailed(f"it {self._how}")
        return Address("http://127.0.0.1:1", "k")

    def wait(self) -> str:
        if self._how != "ends":
            self._host.end.wait()
        return "It ended."

    def stop(self) -> None:
        self._host.end.set()


SPEC = ServerSpec(VLLM, "m", ())


async def test_a_server_that_only_ends_is_given_up() -> None:
    host = Scripted("ends late", "ends", "ends")
    group = ServerGroup(SPEC, host)
    group.start(1)
    host.end.set()
    await asyncio.to_thread(wait_until, lambda: group.replicas[0].state is State.FAILED)
    with pytest.raises(EndpointError, match="ended 3 times without an answer"):
        await group.ask("v1/x", b"{}")


def test_on_a_cluster_the_first_server_is_enough() -> None:
    host = Scripted("runs", "waits", waits_for_all=False)
    group = ServerGroup(SPEC, host)
    group.start(2)
    assert sorted(replica.state.value for replica in group.replicas) == ["starting", "up"]
    group.stop()


async def test_a_replica_that_refuses_connections_is_asked_last() -> None:
    group = ServerGroup(SPEC, Scripted("runs", "runs"))
    group.start(2)
    first, second = group.replicas
    first.shun()
    second.in_flight = 5
    assert (await group._next())[0] is second
    group.stop()
