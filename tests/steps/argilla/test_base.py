"""What the steps that write to Argilla share."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps import TextGenerationToArgilla

KEY = "argilla.secret-key"


def test_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argilla", None)
    with pytest.raises(ImportError, match="TextGenerationToArgilla"):
        TextGenerationToArgilla(dataset_name="d")


@pytest.mark.parametrize("field", ["api_url", "api_key", "dataset_name"])
def test_missing_argument_is_named(server: Any, field: str) -> None:
    given = {"dataset_name": "d", field: None}
    with pytest.raises(DistilabelUserError, match=field):
        TextGenerationToArgilla(name="show", **given).load()


def test_key_is_in_no_dump_and_no_message(server: Any) -> None:
    step = TextGenerationToArgilla(name="show", dataset_name="d")
    assert KEY not in json.dumps(step.dump()) + repr(step)
    server.refusal = "unauthorized for key"
    with pytest.raises(DistilabelUserError, match="unauthorized") as raised:
        step.load()
    assert KEY not in str(raised.value)


def test_dataset_with_another_required_field_is_refused(server: Any) -> None:
    fields = [SimpleNamespace(name="document", required=True)]
    server.datasets["d"] = SimpleNamespace(settings=SimpleNamespace(fields=fields))
    with pytest.raises(DistilabelUserError, match="document"):
        TextGenerationToArgilla(name="show", dataset_name="d").load()


def test_refused_record_is_named_and_others_are_kept(server: Any) -> None:
    step = TextGenerationToArgilla(name="show", dataset_name="d")
    step.load()
    records = server.datasets["d"].records
    records.refuses = "c"
    rows = [{"instruction": "i", "generation": text} for text in "abcd"]
    with pytest.raises(DistilabelUserError, match="'generation': 'c'"):
        next(step.process(rows))
    assert [record.fields["generation"] for record in records.kept.values()] == ["a", "b"]


def test_token_is_sent_to_spaces_only(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    TextGenerationToArgilla(name="show", dataset_name="d").load()
    assert server.headers == {}
    TextGenerationToArgilla(name="show", dataset_name="d", api_url="https://me.hf.space").load()
    assert server.headers == {"Authorization": "Bearer hf_x"}
    for url in ("https://evil.example/?a=.hf.space", "https://me.hf.space.evil.example"):
        TextGenerationToArgilla(name="show", dataset_name="d", api_url=url).load()
        assert server.headers == {}
