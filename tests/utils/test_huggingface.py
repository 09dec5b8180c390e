"""Protects where the token of Hugging Face is looked for."""

from __future__ import annotations

import huggingface_hub
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.utils.huggingface import get_hf_token


def test_the_variable_comes_before_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "login")
    monkeypatch.setenv("HF_TOKEN", " variable\n")
    assert get_hf_token("C", "token") == "variable"
    monkeypatch.delenv("HF_TOKEN")
    assert get_hf_token("C", "token") == "login"


def test_without_a_token_the_error_names_the_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(DistilabelUserError, match="`token`"):
        get_hf_token("C", "token")
