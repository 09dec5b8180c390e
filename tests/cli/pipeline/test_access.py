"""Protects what is on this machine from downloaded files: no access is overlooked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from pydantic import BaseModel

from distilabel.cli.pipeline.access import accesses
from distilabel.models import InferenceEndpointsLLM, OpenAILLM
from distilabel.steps import LoadDataFromDisk, LoadDataFromFileSystem, LoadDataFromHub, PushToHub
from distilabel.steps.base import Step, StepInput
from distilabel.steps.tasks import TextGeneration
from distilabel.typing import StepOutput


class Part(BaseModel):
    source: str = "text"


class Own(Step):
    value: Any = None
    options: Dict[str, Any] = {}
    parts: List[Part] = []
    endpoint_namespace: Optional[str] = None
    key_env: str = "OPENAI_API_KEY"
    homepage_url: str = "https://default.example"
    output_file: str = ""

    def process(self, inputs: StepInput) -> StepOutput:
        yield inputs


def lines(step: Any, given: Any = None) -> list[str]:
    return list(accesses("s", step, given))


@pytest.mark.parametrize(
    "text",
    [
        "~/.ssh/id_rsa",
        "/etc/passwd",
        "./secrets.txt",
        "../secrets.txt",
        "data/../../secrets.txt",
        ".",
        r"C:\\Users\\me\\keys.txt",
        r"\\\\server\\share",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "s3://bucket/rows",
        "hf://datasets/me/private/rows.jsonl",
        "gs://bucket",
        "https://evil.example/v1",
        "HTTPS://evil.example",
        "wss://evil.example",
        "http://127.evil.example/v1",
        "zip://a.csv::/home/me/a.zip",
        "evil.example:8080",
        "evil.example:443/v1",
        "$HOME/keys",
        "${HF_TOKEN}",
        "%USERPROFILE%/keys",
        Path("rows.jsonl"),
    ],
)
@pytest.mark.parametrize(
    "field",
    [
        lambda text: {"value": text},
        lambda text: {"value": [text, "x"]},
        lambda text: {"value": {"a": [{"b": (text,)}]}},
        lambda text: {"options": {"deep": {"train": text}}},
        lambda text: {"options": {"/rows" if isinstance(text, Path) else text: 1}},
        lambda text: {"options": {"file": str(text)}},
        lambda text: {
            "parts": [Part(), Part(source=str(text) if str(text) != "rows.jsonl" else "/r")]
        },
    ],
    ids=["alone", "list", "nested", "options", "key", "named", "model"],
)
def test_files_and_addresses_are_found_in_any_field(text: Any, field: Any) -> None:
    assert len(lines(Own(name="s", **field(text)))) >= 1


@pytest.mark.parametrize(
    "value",
    [
        "gpt-4.1",
        "meta-llama/Llama-3.1-8B",
        "llama3.1:8b",
        "See https://example.org/docs for the format.",
        "Answer in one word: yes/no",
        "</s>",
        "",
        3.5,
        None,
        b"/etc",
        "http://localhost:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1",
        "localhost:11434",
        int,
    ],
)
def test_other_values_need_no_question(value: Any) -> None:
    assert lines(Own(name="s", value=value, options={"a": [value]})) == []


def test_names_of_fields_tell_what_a_text_is() -> None:
    assert "endpoint of someone" in lines(Own(name="s", endpoint_namespace="someone"))[0]
    assert "environment variable AWS_SECRET" in lines(Own(name="s", key_env="AWS_SECRET"))[0]
    assert "evil" in lines(Own(name="s", homepage_url="evil"))[0]
    assert "my keys.txt" in lines(Own(name="s", output_file="my keys.txt"))[0]
    assert lines(Own(name="s")) == []


def test_code_is_found() -> None:
    assert "calls builtins.len" in lines(Own(name="s", value=[len]))[0]
    assert "runs code" in lines(Own(name="s", options={"trust_remote_code": True}))[0]
    assert lines(Own(name="s", options={"trust_remote_code": False})) == []


def test_a_name_that_is_a_folder_here_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step = LoadDataFromHub(name="s", repo_id="private/rows")
    assert lines(step) == []
    (tmp_path / "private" / "rows").mkdir(parents=True)
    assert "private/rows" in lines(step)[0]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (LoadDataFromFileSystem(name="s", data_files="rows.jsonl"), "rows.jsonl"),
        (LoadDataFromDisk(name="s", dataset_path="private"), "private"),
        (PushToHub(name="s", repo_id="oops"), "publishes all rows as the dataset oops"),
        (
            TextGeneration(
                name="s",
                llm=InferenceEndpointsLLM(endpoint_name="e", endpoint_namespace="someone"),
            ),
            "s.llm.endpoint_namespace: sends rows, and your token, to an endpoint of someone",
        ),
        (
            TextGeneration(
                name="s", llm=OpenAILLM(model="m", default_headers={"X-To": "https://evil.example"})
            ),
            "evil.example",
        ),
    ],
)
def test_steps_and_models_of_distilabel_are_covered(step: Any, told: str) -> None:
    assert any(told in line for line in lines(step))


def test_what_the_user_sets_is_not_the_choice_of_the_file() -> None:
    step = TextGeneration(name="s", llm=OpenAILLM(model="m", base_url="https://evil.example"))
    assert len(lines(step, {"llm": {"max_retries": 1}})) == 1
    assert lines(step, {"llm": {"base_url": "https://mine.example"}}) == []
    assert lines(PushToHub(name="s", repo_id="oops"), {"repo_id": "mine"}) == []


def test_a_password_in_an_address_is_not_shown() -> None:
    [line] = lines(Own(name="s", value="https://me:secret@evil.example/v1?key=secret"))
    assert "evil.example" in line
    assert "secret" not in line


def test_an_address_may_be_long() -> None:
    url = f"https://elsewhere.example/{'a' * 2000}"
    assert lines(Own(name="s", value=url)) == [
        f"s.value: reads from, or sends rows and keys to, {url}"
    ]
