"""Protects who starts and ends an engine that several models share."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local import lease
from distilabel.models.local.lease import EngineLease
from distilabel.models.local.messages import EngineSpec


class Odd:
    """A value that can be pickled and has no digest."""

    def __init__(self, value: int) -> None:
        self.value = value


class Recorded:
    """Instead of `LocalEngine`: counts starts and ends."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.starts = self.stops = 0

    def start(self) -> None:
        self.starts += 1
        if self.spec.settings.get("fault"):
            raise DistilabelUserError("no GPU")

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LocalEngine", Recorded)
    monkeypatch.setattr(lease, "_shared", {})


def take(**settings: Any) -> EngineLease:
    return EngineLease(EngineSpec("a:B", settings, "B(m)", {}))


def test_equal_models_share_an_engine_until_the_last_is_unloaded() -> None:
    first, second = take(model="m"), take(model="m")
    assert second.engine is first.engine
    engine: Any = first.engine
    first.open()
    second.open()
    assert engine.starts == 1
    first.release()
    first.release()
    assert engine.stops == 0
    second.release()
    assert engine.stops == 1
    assert take(model="m").engine is not engine


def test_other_settings_or_gpus_are_another_engine() -> None:
    first = take(model="m")
    assert take(model="n").engine is not first.engine
    other = EngineLease(EngineSpec("a:B", {"model": "m"}, "B(m)", {"CUDA_VISIBLE_DEVICES": "1"}))
    assert other.engine is not first.engine


def test_settings_that_have_no_digest_are_compared_as_they_are() -> None:
    assert take(dtype=Odd(1)).engine is take(dtype=Odd(1)).engine
    assert take(dtype=Odd(1)).engine is not take(dtype=Odd(2)).engine


def test_a_start_that_fails_leaves_nothing() -> None:
    first = take(fault=True)
    engine: Any = first.engine
    with pytest.raises(DistilabelUserError, match="no GPU"):
        first.open()
    assert engine.stops == 1
    # Nothing to release, and the next attempt is a new one.
    first.release()
    first.open()
    assert (engine.starts, engine.stops) == (1, 1)
    assert take(fault=True).engine is not engine


def test_models_that_load_at_the_same_time_start_it_once() -> None:
    leases = [take(model="m") for _ in range(8)]
    threads = [threading.Thread(target=each.open) for each in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine: Any = leases[0].engine
    assert engine.starts == 1


def test_a_copy_shares_the_lease_and_another_process_gets_none() -> None:
    first = take(model="m")
    assert copy.deepcopy(first) is first
    assert pickle.loads(pickle.dumps(first)) is None
