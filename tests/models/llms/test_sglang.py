"""`SGLang` at a server that runs, and what it would start."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import EndpointError
from distilabel.models import SGLang
from serving import said, served

HELLO: Any = [{"role": "user", "content": "Hello"}]


def test_a_server_that_runs_is_asked_for_its_first_model() -> None:
    with served(said("Hi"), models=("one", "two")) as server:
        llm = SGLang(base_url=f"{server.url}/v1")
        llm.load()
        assert llm.model_name == "one"
        structures: Any = [
            {"schema": {"type": "object"}},
            {"format": "regex", "schema": "[0-9]"},
            {"format": "choice", "schema": ["a.b", "c"]},
            {"format": "grammar", "schema": "root ::= 'a'"},
        ]
        outputs = llm.generate([(HELLO, structure) for structure in structures])
        assert outputs[0]["generations"] == ["Hi"]
        asked = sorted((b for b in server.bodies if b), key=lambda body: sorted(body))
        sent = {k: v for body in asked for k, v in body.items() if k in ("regex", "ebnf")}
        assert sent["ebnf"] == "root ::= 'a'"
        assert {body.get("regex") for body in asked} == {None, "[0-9]", r"(a\.b|c)"}
        assert any(b.get("response_format", {}).get("type") == "json_schema" for b in asked)
        assert asked[0]["model"] == "one"
        assert llm._endpoint_id() != SGLang(base_url="http://other")._endpoint_id()
        llm.unload()


def test_a_server_without_models_is_an_error() -> None:
    with served(said("Hi"), models=()) as server, pytest.raises(EndpointError, match="no model"):
        SGLang(base_url=server.url).load()


def test_the_fields_are_arguments_of_the_server() -> None:
    llm = SGLang(
        model="a/m",
        trust_remote_code=True,
        chat_template="{{ m }}",
        extra_kwargs={"tp_size": 2, "disable_radix_cache": False},
    )
    spec = llm._spec()
    text = " ".join(spec.arguments)
    assert text.startswith("--model-path a/m --served-model-name a/m --dtype auto --trust-remote")
    assert "--tp-size 2" in text
    # Its flags have no negation.
    assert "radix" not in text
    assert spec.files == (("--chat-template", "{{ m }}"),)
    assert spec.gpus == 2


def test_without_the_package_the_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISTILABEL_SGLANG_PYTHON", raising=False)
    with pytest.raises(ImportError, match=r"distilabel\[sglang\]"):
        SGLang(model="m").load()
