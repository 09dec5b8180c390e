"""Protects what models in a worker process share: their lease, and the name of their engine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local import lease
from distilabel.models.local.messages import EngineSpec
from distilabel.models.local.model import LocalModel


class Recorded:
    """Instead of `LocalEngine`: answers with what it is asked."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.is_running = False

    def start(self) -> None:
        if self.spec.settings.get("fault"):
            raise DistilabelUserError("no GPU")
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False

    async def ask(self, method: str, payload: Any) -> Any:
        await asyncio.sleep(0)
        return method, payload


class Odd:
    """A value that has no digest."""


class Tiny(LocalModel):
    settings: Any = {}

    def _engine_class(self) -> str:
        return "a:B"

    def _engine_settings(self) -> dict[str, Any]:
        return dict(self.settings)


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LocalEngine", Recorded)
    monkeypatch.setattr(lease, "_shared", {})


def test_a_model_that_is_not_loaded_says_so() -> None:
    model = Tiny()
    with pytest.raises(
        DistilabelUserError, match=r"Tiny: the model is not loaded. Call `load\(\)`"
    ):
        model._ask_all("generate", ["a"])
    model._start_engine("m")
    model._stop_engine()
    with pytest.raises(DistilabelUserError, match="not loaded"):
        model._ask_all("generate", ["a"])
    # A second time does nothing.
    model._stop_engine()


def test_loading_names_the_model_and_its_environment() -> None:
    model = Tiny(settings={"model": "m"})
    model._start_engine("m", {"CUDA_VISIBLE_DEVICES": "1"})
    engine: Any = model._engine
    assert engine.spec == EngineSpec(
        "a:B", {"model": "m"}, "Tiny(m)", {"CUDA_VISIBLE_DEVICES": "1"}
    )
    assert model._ask_all("generate", ["a", "b"]) == [("generate", "a"), ("generate", "b")]


def test_loading_again_ends_the_engine_before() -> None:
    model = Tiny(settings={"model": "m"})
    model._start_engine("m")
    before: Any = model._engine
    model.settings = {"model": "n"}
    model._start_engine("n")
    after: Any = model._engine
    assert (before.is_running, after.is_running) == (False, True)
    model._cancel_load()
    assert not after.is_running


def test_a_load_that_fails_leaves_the_model_unloaded() -> None:
    model = Tiny(settings={"fault": True})
    with pytest.raises(DistilabelUserError, match="no GPU"):
        model._start_engine("m")
    assert model._lease is None


def test_the_engine_is_named_by_its_settings_without_the_token() -> None:
    names = [
        Tiny(settings=settings)._engine_id()
        for settings in ({"model": "m"}, {"model": "m", "token": "secret"}, {"model": "n"})
    ]
    assert names[0] == names[1]
    assert names[0] != names[2]
    assert "secret" not in names[1]
    # Settings that have no digest are not shared.
    odd = [Tiny(settings={"dtype": Odd()}) for _ in range(2)]
    assert odd[0]._engine_id() != odd[1]._engine_id()
