"""Protects fields that are read from the environment when a model is made, not defined."""

from __future__ import annotations

from typing import Optional

import pytest
from pydantic import BaseModel, SecretStr

from distilabel.models.base_clients.environment import api_key_field, base_url_field, current_key


class Model(BaseModel):
    """A model with both fields."""

    base_url: Optional[str] = base_url_field("SOME_BASE_URL", "http://default/v1", "The address.")
    api_key: Optional[SecretStr] = api_key_field("SOME_API_KEY")


def test_the_variables_are_read_for_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_BASE_URL", raising=False)
    monkeypatch.delenv("SOME_API_KEY", raising=False)
    assert Model() == Model(base_url="http://default/v1", api_key=None)
    monkeypatch.setenv("SOME_BASE_URL", "http://other/v1")
    monkeypatch.setenv("SOME_API_KEY", "s3cret")
    assert Model() == Model(base_url="http://other/v1", api_key=SecretStr("s3cret"))
    assert Model(base_url="http://given/v1").base_url == "http://given/v1"
    assert "s3cret" not in repr(Model())


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "")
    assert Model().api_key is None


def test_the_descriptions_are_those_of_runtime_parameters() -> None:
    assert Model.model_fields["base_url"].description == "The address."
    assert Model.model_fields["api_key"].description == "Key of the endpoint."


def test_an_empty_address_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_BASE_URL", "")
    assert Model().base_url == "http://default/v1"


def test_a_variable_that_is_set_or_changed_later_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_API_KEY", raising=False)
    early, given = Model(), Model(api_key=SecretStr("given"))
    assert current_key(early) is None
    for key in ("first", "second"):
        monkeypatch.setenv("SOME_API_KEY", f" {key}\n")
        assert current_key(early) == SecretStr(key)
        assert current_key(given) == SecretStr("given")
    made = Model()
    monkeypatch.delenv("SOME_API_KEY")
    assert current_key(made) == SecretStr("second")


def test_the_default_of_a_class_of_ones_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(Model):
        api_key: Optional[SecretStr] = SecretStr("own")

    monkeypatch.setenv("SOME_API_KEY", "other")
    assert current_key(Own()) == SecretStr("own")
