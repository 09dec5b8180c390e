"""Leases: equal models share servers, which end with the last of them."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.servers.lease import ServerLease
from distilabel.models.servers.local_host import LocalHost
from distilabel.models.servers.spec import VLLM, ServerSpec
from engine_doubles import FakeEngine


def lease(model: str = "m", count: int = 1, ended: list[str] | None = None) -> ServerLease:
    spec = ServerSpec(VLLM, model, (model, "--served-model-name", model))
    at_end = (lambda: ended.append(model)) if ended is not None else (lambda: None)
    return ServerLease(spec, LocalHost(lambda number: None), count, at_end)


def test_equal_models_share_servers_until_the_last_one_is_unloaded(engine: FakeEngine) -> None:
    ended: list[str] = []
    one, two = lease(ended=ended), lease(ended=ended)
    one.open()
    two.open()
    assert len(engine.starts) == 1
    one.close()
    assert engine.running
    assert not ended
    two.close()
    assert not engine.running
    assert ended == ["m", "m"]


def test_a_user_that_wants_more_servers_adds_them(engine: FakeEngine) -> None:
    one, two = lease(), lease(count=2)
    one.open()
    two.open()
    assert len(engine.running) == 2
    one.close()
    two.close()


def test_other_models_have_servers_of_their_own(engine: FakeEngine) -> None:
    one, two = lease(), lease("n")
    one.open()
    two.open()
    assert len(engine.running) == 2
    one.close()
    two.close()


def test_after_a_failed_start_the_next_one_begins_anew(engine: FakeEngine) -> None:
    ended: list[str] = []
    for _ in range(2):
        failing = lease("oom", ended=ended)
        with pytest.raises(DistilabelUserError):
            failing.open()
    assert len(engine.starts) == 2
    assert ended == ["oom", "oom"]


def test_a_start_that_others_need_is_not_canceled(engine: FakeEngine) -> None:
    one, two = lease(), lease()
    one.open()
    two.cancel()
    two.close()
    assert engine.running
    one.close()
