"""What `TextGeneration` and `ChatGeneration` send, and that the text is returned unchanged."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import text_generation
from distilabel.steps.tasks.text_generation import ChatGeneration, TextGeneration

USER = {"role": "user", "content": "q"}


@pytest.mark.parametrize(
    ("own", "row", "system"),
    [
        (None, {}, []),
        (None, {"system_prompt": "s"}, ["s"]),
        ("t", {}, ["t"]),
        ("t", {"system_prompt": "s"}, ["s"]),
        ("t", {"system_prompt": None}, ["t"]),
        ("t", {"system_prompt": ""}, ["t"]),
    ],
)
def test_the_system_prompt_of_the_row_comes_before_that_of_the_task(
    scripted: Any, own: str | None, row: dict[str, Any], system: list[str]
) -> None:
    task = TextGeneration(llm=scripted(), system_prompt=own)
    messages: list[Any] = [{"role": "system", "content": text} for text in system]
    assert task.format_input({"instruction": "q", **row}) == [*messages, USER]


def test_a_template_is_rendered_with_columns_and_lists(scripted: Any) -> None:
    task = TextGeneration(
        llm=scripted(), columns=["a", "b"], template="{{ a }}:{% for x in b %} {{ x }}{% endfor %}"
    )
    task.load()
    assert task.format_input({"a": "A", "b": ["B", "{{ a }}"]})[0]["content"] == "A: B {{ a }}"
    assert task.inputs == {"a": True, "b": True, "system_prompt": False}


def test_an_instruction_with_braces_is_not_a_template(scripted: Any) -> None:
    task = TextGeneration(llm=scripted())
    assert task.format_input({"instruction": "{{ x }}\n"})[0]["content"] == "{{ x }}\n"


def test_one_column_may_be_a_text(scripted: Any) -> None:
    assert TextGeneration(llm=scripted(), columns="topic").columns == ["topic"]


def test_a_column_that_is_not_in_the_template_is_found_on_loading(scripted: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'a'"):
        TextGeneration(llm=scripted(), columns=["a", "b"], template="{{ b }}").load()
    with pytest.raises(DistilabelUserError, match="'topic'"):
        TextGeneration(llm=scripted(), columns="topic").load()


def test_an_unknown_variable_in_the_template_is_refused_when_the_task_is_made(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    TextGeneration(
        llm=scripted(), template="{{ instruction }} {% for i in range(2) %}{% endfor %}"
    ).load()
    assert "template" not in caplog.text
    with Pipeline(name="p") as pipeline, pytest.raises(ValueError, match=r"'other'.*Set columns="):
        TextGeneration(llm=scripted(), template="{{ instruction }} {{ other }}")
    assert len(pipeline.dag) == 0


def test_a_column_that_the_template_does_not_use_is_warned_about(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    TextGeneration(llm=scripted(), name="t", columns=["a", "b"], template="{{ a }}")
    assert "t: the template does not use 'b'" in caplog.text


def test_a_template_may_test_for_none_and_is_warned_about_the_word_none(
    scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"a": None, "b": "c"}
    tests = "{% if a %}{{ a }}{% endif %}{{ b }}"
    task = TextGeneration(llm=scripted(), columns=["a", "b"], template=tests)
    assert task.format_input(row)[0]["content"] == "c"
    assert "is None in a row" not in caplog.text
    task = TextGeneration(llm=scripted(), columns=["a", "b"], template="{{ a }}{{ b }}")
    assert [task.format_input(row)[0]["content"] for _ in range(2)] == ["Nonec"] * 2
    assert caplog.text.count("'a' is None in a row") == 1


@pytest.mark.parametrize(
    "row", [{"instruction": None}, {"instruction": 3}, {"instruction": "x", "system_prompt": ["y"]}]
)
def test_a_column_that_is_not_text_is_refused(scripted: Any, row: dict[str, Any]) -> None:
    with pytest.raises(DistilabelUserError, match="It must contain"):
        TextGeneration(llm=scripted()).format_input(row)


@pytest.mark.parametrize("count", [0, -1, 1.5, "many"])
def test_an_impossible_number_of_generations_is_refused(scripted: Any, count: Any) -> None:
    with pytest.raises(ValueError, match="num_generations"):
        TextGeneration(llm=scripted(), num_generations=count)


def test_a_conversation_as_instruction_is_sent_unchanged(scripted: Any) -> None:
    task = TextGeneration(llm=scripted(), system_prompt="t")
    chat = [USER, {"role": "assistant", "content": "a"}, USER]
    assert task.format_input({"instruction": chat}) == [{"role": "system", "content": "t"}, *chat]
    own = [{"role": "system", "content": "own"}, USER]
    assert task.format_input({"instruction": own}) == own


@pytest.mark.parametrize("instruction", [3, None, ["q"], []])
def test_other_instructions_are_rejected(scripted: Any, instruction: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'instruction'"):
        TextGeneration(llm=scripted()).format_input({"instruction": instruction})


def test_a_subclass_may_fill_its_template_in_its_own_way(scripted: Any) -> None:
    class Own(TextGeneration):
        def format_input(self, input: dict[str, Any]) -> Any:
            return [{"role": "user", "content": self.template.replace("{{ place }}", "here")}]

    task = Own(llm=scripted(), template="{{ instruction }}, {{ place }}")
    task.load()
    assert task.format_input({})[0]["content"] == "{{ instruction }}, here"


async def test_every_generation_is_a_row(scripted: Any) -> None:
    llm = scripted("A", None)
    task = TextGeneration(llm=llm, num_generations=2, name="t")
    rows = await task.aprocess({"instruction": "q"}, llm.agenerate)
    assert [row["generation"] for row in rows] == ["A", None]
    assert rows[0] == {
        "instruction": "q",
        "generation": "A",
        "model_name": "scripted",
        "distilabel_metadata": {
            "raw_output_t": "A",
            "raw_input_t": [USER],
            "statistics_t": {"input_tokens": 7, "output_tokens": 11},
        },
    }


def test_from_synchronous_code_and_with_mappings(scripted: Any) -> None:
    task = TextGeneration(
        llm=scripted("A"),
        input_mappings={"instruction": "prompt"},
        output_mappings={"generation": "answer"},
    )
    task.load()
    (rows,) = task.process_applying_mappings([{"prompt": "q"}])
    assert (rows[0]["prompt"], rows[0]["answer"]) == ("q", "A")


def test_a_conversation_is_continued(scripted: Any) -> None:
    assert ChatGeneration(llm=scripted()).format_input({"messages": [USER]}) == [USER]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ("q", "contains a str. It must contain a conversation"),
        ([], "contains a list. It must contain a conversation"),
        (None, "contains None. It must contain a conversation"),
        ([USER, {"role": "assistant", "content": "a"}], "'assistant'"),
    ],
)
def test_conversations_without_a_question_are_rejected(
    scripted: Any, messages: Any, said: str
) -> None:
    with pytest.raises(DistilabelUserError, match=said):
        ChatGeneration(llm=scripted()).format_input({"messages": messages})


def test_the_deprecated_argument_warns_once_and_only_if_passed(scripted: Any) -> None:
    text_generation._warn_about_use_system_prompt.cache_clear()
    with pytest.warns(DeprecationWarning, match="has no effect") as told:
        task = TextGeneration(llm=scripted(), use_system_prompt=True)
    assert len(told) == 1
    assert told[0].filename == __file__
    with warnings.catch_warnings(action="error"):
        TextGeneration(llm=scripted(), use_system_prompt=True)
        assert task.dump()["use_system_prompt"] is True
        assert task.runtime_parameters_names
        TextGeneration(llm=scripted()).load()


def test_loading_a_dump_does_not_warn(scripted: Any) -> None:
    text_generation._warn_about_use_system_prompt.cache_clear()
    dump = TextGeneration(llm=scripted(), template="{{ a }}", columns=["a"]).dump()
    dump["use_system_prompt"] = False
    assert TextGeneration.from_dict(dump).dump() == dump
