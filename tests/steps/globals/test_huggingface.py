"""`PushToHub`: all rows are pushed and passed on, and the token appears nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.globals.huggingface import PushToHub
from hub import TOKEN, Hub


def test_rows_are_pushed_and_passed_on(hub: Hub, tmp_path: Path) -> None:
    code = """
from datasets import load_dataset
from distilabel.steps.globals.huggingface import PushToHub
step = PushToHub(repo_id="tester/rows", split="valid", private=True)
step.load()
rows = [{"a": 1}, {"a": 2, "b": "only here"}]
given = next(step.process(rows))
result = [given is rows, load_dataset("tester/rows", split="valid").to_list()]
"""
    same, arrived = hub.run(code, tmp_path)
    assert same
    assert arrived == [{"a": 1, "b": None}, {"a": 2, "b": "only here"}]
    assert hub.repos["tester/rows"].private


def test_a_token_passed_as_a_parameter_is_used(hub: Hub, tmp_path: Path) -> None:
    code = f"""
from distilabel.steps.globals.huggingface import PushToHub
step = PushToHub(repo_id="tester/rows", token="{TOKEN}")
step.load()
next(step.process([{{"a": 1}}]))
result = True
"""
    hub.run(code, tmp_path, token=None)
    assert not hub.repos["tester/rows"].private


def test_an_error_of_the_hub_does_not_contain_the_token(hub: Hub, tmp_path: Path) -> None:
    code = """
from distilabel.steps.globals.huggingface import PushToHub
result = []
for repo, token in (("others/rows", None), ("tester/rows", "hf_wrong_key"), ("a/b/c", None)):
    step = PushToHub(repo_id=repo, token=token)
    step.load()
    try:
        next(step.process([{"a": 1}]))
    except Exception as error:
        result.append([type(error).__name__, str(error)])
"""
    said = hub.run(code, tmp_path)
    assert [kind for kind, _ in said] == ["DistilabelUserError"] * 3
    for repo, (_, text) in zip(("others/rows", "tester/rows", "a/b/c"), said, strict=True):
        assert text.startswith("push_to_hub_0: ")
        assert repo in text
    assert TOKEN not in str(said)
    assert "hf_wrong_key" not in str(said)


def test_a_missing_token_is_an_error_before_the_first_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(DistilabelUserError, match=r"push_to_hub_0: .*HF_TOKEN"):
        PushToHub(repo_id="tester/rows").load()


def test_no_rows_push_nothing() -> None:
    step = PushToHub(repo_id="tester/rows", token="hf_unused")
    step.load()
    assert next(step.process([])) == []


def test_the_token_is_neither_dumped_nor_shown() -> None:
    step = PushToHub(repo_id="tester/rows", token="hf_secret_key")
    assert "hf_secret_key" not in json.dumps(step.dump())
    assert "hf_secret_key" not in repr(step)
    assert PushToHub.from_dict(step.dump()).token is None
