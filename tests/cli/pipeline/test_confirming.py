"""Protects rows, files and keys from downloaded files: each access is confirmed first."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from distilabel.cli.pipeline import confirming
from distilabel.cli.pipeline.confirming import confirm, confirm_addresses
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `confirm` was called with."""
    texts: list[str] = []
    monkeypatch.setattr(confirming, "confirm", lambda text, question: texts.append(text))
    return texts


def pipeline_to(url: str | None) -> Pipeline:
    with Pipeline(name="p") as pipeline:
        llm = OpenAILLM(model="m", api_key="k", **({"base_url": url} if url else {}))
        TextGeneration(name="write", llm=llm)
    return pipeline


def test_a_url_is_shown_without_its_password(asked: list[str]) -> None:
    confirm_addresses(pipeline_to("https://me:secret@example.org/v1?key=secret"), {})
    [text] = asked
    assert (
        "write.llm.base_url: reads from, or sends rows and keys to, https://example.org/v1?" in text
    )
    assert "secret" not in text


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:8000/v1", "http://localhost/v1"])
def test_defaults_and_this_machine_need_no_confirmation(
    url: str | None, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    confirm_addresses(pipeline_to(url), {})
    assert asked == []


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"write": {"llm": {"base_url": "https://mine.example/v1"}}}, 0),
        ({"write": {"llm": {"timeout": 1}}}, 1),
        ({"write": {"llm": 1}}, 1),
    ],
)
def test_a_url_of_the_user_replaces_the_one_of_the_file(
    parameters: dict[str, Any], count: int, asked: list[str]
) -> None:
    confirm_addresses(pipeline_to("https://example.org/v1"), parameters)
    assert len(asked) == count


@pytest.mark.parametrize(
    ("answer", "continues"), [("y", True), (" YES ", True), ("n", False), ("yeah", False)]
)
def test_only_yes_continues(answer: str, continues: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "prompt", lambda *args, **kwargs: answer)
    if continues:
        confirm("text", "Run it?")
    else:
        with pytest.raises(typer.Exit):
            confirm("text", "Run it?")


def test_a_file_cannot_hide_a_line_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def prompt(text: str, **_: object) -> str:
        shown.append(text)
        return "y"

    monkeypatch.setattr(typer, "prompt", prompt)
    confirm("reads /etc/passwd\x1b[2K\r\u202e", "Continue?")
    assert shown == [r"reads /etc/passwd\x1b[2K\x0d\u202e Continue? [y/N]"]
