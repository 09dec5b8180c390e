"""Protects what counts as secret by its name or shape, and that nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._core.secret_names import has_secret_shape, is_secret_item, is_secret_name

_SECRET = (
    "api_key apiKey x-api-key OPENAI_API_KEY password db_password PASSWORD2 accessToken hf_token "
    "token client_secret aws_secret_access_key connection_string sas_token auth basic_auth "
    "authorization Cookie api_keys credentials refresh_tokens dsn private_key secretKey APIKEY "
    "Ocp-Apim-Subscription-Key X-Goog-Api-Key api_key_b64 password_value pass"
)
_OPEN = (
    "max_tokens tokenizer token_count key_column tokens token_ids pad_token eos_token stop_token "
    "pad_token_id stop_token_ids key keys keyword author authors auth_type password_hint "
    "secret_count api_key_name num_tokens bypass passed compass monkey max_completion_tokens "
    "skip_special_tokens signature primary_key prompt_cache_key logit_bias passage secretary"
)


@pytest.mark.parametrize("name", _SECRET.split())
def test_a_name_that_ends_in_a_word_for_a_secret_is_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", _OPEN.split())
def test_another_name_is_not(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("sk-proj-abcdefghijklmnop1234", True),
        ("hf_abcdefghijklmnopqrstuv", True),
        ("ghp_abcdefghijklmnopqrstuv0123", True),
        ("AKIAIOSFODNN7EXAMPLE", True),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", True),
        ("Bearer abcdef", True),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", True),
        ("sk-learn", False),
        ("hf_hub", False),
        ("task-decomposition-of-long-prompts", False),
        ("gpt-4o-mini-2024-07-18", False),
        ("my key is sk-proj-abcdefghijklmnop1234", False),
        (12345678901234567890, False),
    ],
)
def test_a_value_is_secret_by_its_shape(value: Any, secret: bool) -> None:
    assert has_secret_shape(value) is secret


@pytest.mark.parametrize(
    ("name", "value", "option", "elsewhere"),
    [
        ("password", "hunter2", True, True),
        ("password", "Ask for a password politely.", True, False),
        ("password", "", False, False),
        ("password", None, False, False),
        ("token", 128, False, False),
        ("use_auth", True, False, False),
        ("user_token", "<|user|>", False, False),
        ("api_keys", ["a", "b"], True, False),
        ("credentials", {"user": "a"}, True, False),
    ],
)
def test_a_value_of_a_secret_name(name: str, value: Any, option: bool, elsewhere: bool) -> None:
    assert is_secret_item(name, value, is_option=True) is option
    assert is_secret_item(name, value, is_option=False) is elsewhere
