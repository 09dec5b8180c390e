"""Protects secrets: no URL, header or field shows a password or key once it is redacted."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict, defaultdict
from typing import Annotated, Any, NamedTuple

import pytest
from pydantic import BaseModel, SecretStr

from distilabel._core.redaction import (
    HeadersField,
    SecretField,
    drop_secrets,
    is_options_field,
    is_secret_field,
    redact,
    redact_urls,
    secret_texts,
    without_secrets,
)
from distilabel._core.serialization import Serializable
from distilabel.errors import EndpointError
from distilabel.models import OpenAILLM
from distilabel.models.http import transport


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:secret@host:8000/v1", "http://host:8000/v1"),
        ("cannot reach https://me@host/v1: refused", "cannot reach https://host/v1: refused"),
        ("http://host/v1?mail=a@b", "http://host/v1?mail=a@b"),
        ("write to me@host", "write to me@host"),
        ("https://host/v1?a=b&api_key=secret#x", "https://host/v1?a=b&api_key=#x"),
        ("https://host/v1?X-Amz-Signature=secret", "https://host/v1?X-Amz-Signature="),
        ("https://host/v1?monkey=banana", "https://host/v1?monkey=banana"),
        ("a = b, and no URL", "a = b, and no URL"),
    ],
)
def test_a_url_loses_its_user_and_its_keys_and_nothing_else(text: str, shown: str) -> None:
    assert redact_urls(text) == shown


async def test_neither_a_dump_nor_an_error_shows_the_password_of_a_base_url() -> None:
    llm = OpenAILLM(model="m", api_key="k", base_url="http://me:secret@127.0.0.1:9/v1")
    llm.max_retries = 0
    llm.load()
    assert "secret" not in str(llm.dump())
    try:
        with pytest.raises(EndpointError) as caught:
            await llm._preflight()
    finally:
        await transport.close()
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_options_lose_what_their_name_or_their_value_gives_away() -> None:
    options = {
        "Authorization": "x",
        "X-Api-Key": "x",
        "Cookie": "x",
        "X-Custom": "Bearer x",
        "X-Other": "abcdefgh12345678",
        "X-Proxy": "Basic dXNlcjpwYXNz",
        "X-Lower": "basic x",
        "X-Gateway": "bearer x",
        "X-Team": "owls",
        "X-Retries": 3,
        "client_kwargs": {"aws_secret_access_key": "x", "region": "eu"},
    }
    shown = {"X-Team": "owls", "X-Retries": 3, "client_kwargs": {"region": "eu"}}
    assert drop_secrets(options) == shown


class Fields(BaseModel):
    api_key: str = ""
    password: SecretStr = SecretStr("")
    passwords: list[SecretStr] | None = None
    token: Annotated[str, SecretField] = ""
    tokens: int = 0
    extra: Annotated[dict[str, Any], HeadersField] = {}


def test_a_field_is_secret_by_its_name_its_marker_or_its_type() -> None:
    fields = Fields.model_fields
    secret = {name for name, field in fields.items() if is_secret_field(name, field)}
    assert secret == {"api_key", "password", "passwords", "token"}


def test_a_dict_holds_options_by_its_name_or_its_marker() -> None:
    assert is_options_field("default_headers")
    assert is_options_field("storage_options")
    assert is_options_field("extra", Fields.model_fields["extra"])
    assert not is_options_field("extra")


def test_a_value_is_redacted_at_any_depth() -> None:
    value = {"api_key": "x", "headers": {"token": "x", "a": 1}, "at": ["http://me:x@host"]}
    shown = {"api_key": "**********", "headers": {"a": 1}, "at": ["http://host"]}
    assert redact("anything", value) == shown


_OPTIONS = {
    "max_tokens": 5,
    "extra_body": {
        "api_key": "x",
        "servers": [{"token": "x", "tokenizer": "t"}],
        "user_config": {"password": "two words"},
        "at": "https://me:x@host/v1",
        "eos_token": "</s>",
    },
}


def test_options_of_a_request_lose_their_secrets_at_any_depth() -> None:
    before = repr(_OPTIONS)
    shown, left_out = without_secrets("generation_kwargs", _OPTIONS)
    assert shown == {
        "max_tokens": 5,
        "extra_body": {
            "servers": [{"tokenizer": "t"}],
            "user_config": {},
            "at": "https://host/v1",
            "eos_token": "</s>",
        },
    }
    assert left_out == {
        "generation_kwargs.extra_body.api_key": "value",
        "generation_kwargs.extra_body.servers.0.token": "value",
        "generation_kwargs.extra_body.user_config.password": "value",
        "generation_kwargs.extra_body.at": "full URL",
    }
    assert repr(_OPTIONS) == before
    assert "'password': '**********'" in repr(redact("generation_kwargs", _OPTIONS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("input_mappings", {"password": "pwd", "token": "word"}),
        ("columns", {"api_key": "key"}),
        ("data", [{"password": "hunter2", "token": "a"}]),
        ("system_prompts", {"password": "Explain what a password is."}),
        ("template", "the password"),
        ("key_column", "id"),
        ("token_count", 3),
        ("password", None),
    ],
)
def test_rows_columns_and_prompts_stay_as_they_are(name: str, value: Any) -> None:
    assert without_secrets(name, value) == (value, {})
    assert redact(name, value) == value


def test_secret_texts_are_found_in_the_body_of_a_request() -> None:
    body = {"messages": [{"content": "password"}], "a": [{"api_key": "one"}], "secret": "two"}
    assert list(secret_texts(body)) == ["one", "two"]


def test_what_stands_beside_options_is_no_option() -> None:
    value = {
        "request_options": {"password": "two words"},
        "password": "Ask for a password politely.",
    }
    shown = {"request_options": {}, "password": "Ask for a password politely."}
    assert without_secrets("anything", value) == (
        shown,
        {"anything.request_options.password": "value"},
    )


def test_a_dict_inside_of_options_holds_options_too() -> None:
    value = {"request_options": {"proxy": {"password": "two words"}}}
    assert without_secrets("anything", value) == (
        {"request_options": {"proxy": {}}},
        {"anything.request_options.proxy.password": "value"},
    )


class Login(NamedTuple):
    user: str
    password: str


@dataclasses.dataclass(frozen=True)
class Account:
    api_key: str
    user: str = "me"


class Access(BaseModel):
    api_key: str | None = None
    hosts: set[str] = set()


_RECORDS: dict[str, Any] = {
    "OrderedDict": OrderedDict(api_key="hidden", user="me"),
    "defaultdict": defaultdict(str, api_key="hidden", user="me"),
    "named tuple": Login("me", "hidden"),
    "dataclass": Account("hidden"),
    "pydantic": Access(api_key="hidden", hosts={"me"}),
    "set": Access(hosts={"https://hidden@me"}),
    "inside of another": [Account("x", OrderedDict(me=Login("me", "hidden")))],  # type: ignore[arg-type]
}


class Holds(Serializable, BaseModel):
    anything: Any = None


@pytest.mark.parametrize("name", _RECORDS)
def test_no_secret_of_a_record_is_shown(name: str) -> None:
    value = _RECORDS[name]
    before = repr(value)
    holds = Holds(anything={"more": value})
    for shown in (repr(holds), json.dumps(holds.dump())):
        assert "hidden" not in shown
        assert "me" in shown
    # The value itself is used, and stays as it is.
    assert repr(value) == before
    assert holds.anything["more"] is value


class Needs(BaseModel):
    api_key: str
    keys: list[str] = []


def test_a_record_without_its_secrets_can_be_loaded(caplog: pytest.LogCaptureFixture) -> None:
    holds = Holds(anything=[Needs(api_key="hidden", keys=["a"]), Login("me", "hidden")])
    again = Holds.from_dict(holds.dump(), allow=(__name__,))
    assert again.anything == [Needs(api_key="", keys=["a"]), Login("me", "")]
    assert (
        "leaves out the value of anything.0.api_key, the value of anything.1.password"
        in caplog.text
    )


def test_a_record_without_secrets_is_not_copied() -> None:
    values = [Login("me", ""), Account(""), Access(), OrderedDict(a=1), {"a"}, 3]
    for value in values:
        assert redact("anything", value) is value


def test_a_record_that_refers_to_itself() -> None:
    record: dict[str, Any] = {"token": "hidden"}
    record["self"] = Account("hidden", record)  # type: ignore[arg-type]
    shown = redact("anything", record["self"])
    assert shown == Account("**********", {"token": "**********", "self": "..."})  # type: ignore[arg-type]
