"""Protects environment variables: read on each access, with the defaults of 1.5.3."""

from __future__ import annotations

import pytest

from distilabel import envs


def test_a_variable_is_read_on_each_access(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISTILABEL_LOG_LEVEL", raising=False)
    monkeypatch.delenv("DISTILABEL_CACHE_DIR", raising=False)
    assert envs.DISTILABEL_LOG_LEVEL == "INFO"
    assert envs.DISTILABEL_CACHE_DIR is None
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", "debug")
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", "here")
    assert envs.DISTILABEL_LOG_LEVEL == "DEBUG"
    assert envs.DISTILABEL_CACHE_DIR == "here"


def test_unknown_names_are_not_variables() -> None:
    with pytest.raises(AttributeError, match="DISTILABEL_OTHER"):
        _ = envs.DISTILABEL_OTHER
    assert set(envs.ENVIRONMENT_VARIABLES) < set(dir(envs))
