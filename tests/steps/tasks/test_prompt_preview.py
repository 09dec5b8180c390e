"""`Task.print`: the prompt as the model receives it, with placeholders for the columns."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.base import GeneratorTask, Task
from distilabel.steps.tasks.evol_quality.base import EvolQuality
from distilabel.steps.tasks.text_generation import ChatGeneration, TextGeneration
from distilabel.steps.tasks.ultrafeedback import UltraFeedback


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "200")

    def shown(task: Any, **arguments: Any) -> str:
        task.print(**arguments)
        return capsys.readouterr().out

    return shown


def test_messages_with_their_roles(scripted: Any, shown: Any) -> None:
    text = shown(TextGeneration(llm=scripted()))
    assert "TextGeneration" in text
    assert text.index("System message") < text.index("<PLACEHOLDER_SYSTEM_PROMPT>")
    assert text.index("User message") < text.index("<PLACEHOLDER_INSTRUCTION>")


def test_a_sample_input_is_shown(scripted: Any, shown: Any) -> None:
    text = shown(
        TextGeneration(llm=scripted()), sample_input=[{"role": "user", "content": "[bold]q[/bold]"}]
    )
    assert "[bold]q[/bold]" in text
    assert "PLACEHOLDER" not in text


def test_lists_where_lists_are_needed(scripted: Any, shown: Any) -> None:
    task = TextGeneration(
        llm=scripted(),
        columns=["topic", "words"],
        template="{{ topic }}{% for w in words %}/{{ w }}{% endfor %}",
    )
    assert "<PLACEHOLDER_TOPIC>/<PLACEHOLDER_WORDS_1>/<PLACEHOLDER_WORDS_2>" in shown(task)
    assert "<PLACEHOLDER_GENERATIONS_2>" in shown(UltraFeedback(llm=scripted()))
    assert "<PLACEHOLDER_MESSAGES>" in shown(ChatGeneration(llm=scripted()))


def test_a_task_with_several_turns_shows_its_first_question(scripted: Any, shown: Any) -> None:
    text = shown(EvolQuality(llm=scripted(), num_evolutions=1))
    assert "<PLACEHOLDER_INSTRUCTION>" in text
    assert "<PLACEHOLDER_RESPONSE>" in text


class Completer(Task):
    @property
    def inputs(self) -> list[str]:
        return ["text"]

    def format_input(self, input: dict[str, Any]) -> Any:
        return input["text"]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {}


class Structured(Completer):
    def format_input(self, input: dict[str, Any]) -> Any:
        parts = [
            {"type": "text", "text": input["text"]},
            {"type": "image_url", "image_url": {"url": "https://example.org/owl.png"}},
        ]
        return [{"role": "user", "content": parts}], {"format": "regex", "schema": "a|b"}


class Maker(GeneratorTask):
    def process(self, offset: int = 0) -> Any:
        yield [], True

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {}


def test_text_to_complete(scripted: Any, shown: Any) -> None:
    assert "<PLACEHOLDER_TEXT>" in shown(Completer(llm=scripted()))


def test_images_and_the_structured_output_are_shown(scripted: Any, shown: Any) -> None:
    text = shown(Structured(llm=scripted()))
    assert "<PLACEHOLDER_TEXT>" in text
    assert "owl.png" in text
    assert '"a|b"' in text


def test_a_generator_requires_a_sample_input(scripted: Any) -> None:
    with pytest.raises(DistilabelUserError, match="sample_input"):
        Maker(llm=scripted()).print()
