"""Data for embedding models: prompts by the fields or drawn, and texts from any kind of object."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks import improving_text_embeddings as module
from distilabel.steps.tasks.embedding_data import EmbeddingData, KeyedAnswers
from distilabel.steps.tasks.improving_text_embeddings import (
    BitextRetrievalGenerator,
    EmbeddingTaskGenerator,
    GenerateLongTextMatchingData,
    GenerateShortTextMatchingData,
    GenerateTextClassificationData,
    GenerateTextRetrievalData,
    MonolingualTripletGenerator,
)
from judge_variants import check, objects, surrounded

ROW = {"task": "TTT {{ x }}"}
DATA: list[type[EmbeddingData]] = [
    GenerateTextRetrievalData,
    GenerateShortTextMatchingData,
    GenerateLongTextMatchingData,
    GenerateTextClassificationData,
]
TRIPLETS: list[tuple[type[Any], dict[str, Any]]] = [
    (MonolingualTripletGenerator, {}),
    (BitextRetrievalGenerator, {"target_language": "Basque"}),
]
CATEGORIES = ["text-retrieval", "text-matching-short", "text-matching-long", "text-classification"]


@pytest.mark.parametrize("cls", DATA)
def test_the_prompt_has_the_task_the_language_and_the_keys(scripted: Any, cls: Any) -> None:
    task = cls(llm=scripted(), language="French")
    (message,) = task.format_input(ROW)
    shown = str(message["content"])
    assert all(part in shown for part in ("TTT {{ x }}", "French", *(f'"{k}":' for k in task.keys)))


def test_what_is_none_is_drawn_by_the_seed_and_the_task(scripted: Any) -> None:
    def prompt(task: str, **fields: Any) -> str:
        made = GenerateTextRetrievalData(llm=scripted(), **fields)
        return str(made.format_input({"task": task})[0]["content"])

    prompts = [prompt(str(number)) for number in range(300)]
    for choice in (
        "high school",
        "college",
        "PhD",
        "ambiguous",
        "at least 500 words",
        "many people",
    ):
        assert any(choice in shown for shown in prompts), choice
    assert prompt("a") == prompt("a") != prompt("a", seed=1)
    fixed = prompt("a", num_words=200, difficulty="PhD", query_length="less than 5 words")
    assert all(part in fixed for part in ("at least 200 words", "PhD", "less than 5 words"))
    # Setting one field leaves what is drawn for the others.
    assert prompt("a").replace("\n", "").split("Both documents")[0] in prompt(
        "a", num_words=50
    ).replace("\n", "")


@pytest.mark.parametrize("cls", DATA)
@pytest.mark.parametrize(
    "layout",
    [
        "{0}",
        "```json\n{0}\n```",
        "```\n{0}\n```",
        "Here is the example:\n\n{0}\n\nI hope it helps.",
        "<think>{{}}</think>\n{0}",
        "\r\n{0}\r\n",
        "[{0}]",
    ],
)
@pytest.mark.parametrize("python", [False, True])
def test_every_layout_of_an_object(scripted: Any, cls: Any, layout: str, python: bool) -> None:
    task = cls(llm=scripted())
    values = {key: f"v {key}'s \u00e9" for key in task.keys}
    text = str(values) if python else json.dumps(values, ensure_ascii=False, indent=1)
    assert task.format_output(layout.format(text), ROW) == values


@pytest.mark.parametrize(
    ("output", "values"),
    [
        ('{"input_text": "a\nb", "label": 3, "misleading_label": " c "}', ["a\nb", "3", "c"]),
        ('{"input_text": "a"}', ["a", None, None]),
        ('{"input_text": true, "label": [], "misleading_label": ""}', [None] * 3),
        ('{"input_text": "\\(x\\)", "label": "l", "other": 1}', ["\\(x\\)", "l", None]),
        ('{"input_text": "cut o', [None] * 3),
        ("[1, 2]", [None] * 3),
        ("text", [None] * 3),
        ("", [None] * 3),
        (None, [None] * 3),
    ],
)
def test_what_is_missing_is_none(scripted: Any, output: str | None, values: list[Any]) -> None:
    task = GenerateTextClassificationData(llm=scripted())
    assert list(task.format_output(output, ROW).values()) == values


async def test_an_example_that_lacks_a_text_fails(scripted: Any) -> None:
    llm = scripted('{"input": "a"}')
    task = GenerateShortTextMatchingData(llm=llm, name="g")
    (row,) = await task.aprocess(ROW, llm.agenerate)
    assert (row["input"], row["positive_document"]) == ("a", None)
    assert "positive_document" in row["distilabel_metadata"]["error_g"]["message"]


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("cls", DATA)
def test_the_simulated_model_understands_the_prompts(cls: Any, structured: bool) -> None:
    task = cls(llm=SimulatedLLM(), use_default_structured_output=structured)
    task.load()
    (row,) = next(task.process([ROW]))
    assert all(row[column] for column in task.outputs)


@pytest.mark.parametrize(("cls", "fields"), TRIPLETS)
def test_triplets_are_the_generations_for_one_prompt(cls: Any, fields: dict[str, Any]) -> None:
    task = cls(llm=SimulatedLLM(), num_generations=3, name="t", unit="phrase", **fields)
    task.load()
    ((rows, last),) = task.process()
    assert last
    assert len({row["S1"] for row in rows}) == 3
    assert all(row["distilabel_metadata"]["raw_input_t"] == task.prompt for row in rows)
    shown = str(task.prompt[0]["content"])
    assert "three phrases" in shown
    assert all(language in shown for language in ("English", *fields.values()))


def test_the_fields_of_a_triplet_are_drawn_by_the_seed(scripted: Any) -> None:
    prompts = {
        str(MonolingualTripletGenerator(llm=scripted(), seed=seed).prompt) for seed in range(20)
    }
    assert len(prompts) > 5
    assert (
        MonolingualTripletGenerator(llm=scripted()).prompt
        == MonolingualTripletGenerator(llm=scripted()).prompt
    )


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("category", CATEGORIES)
def test_tasks_as_a_list_and_as_rows(category: Any, structured: bool) -> None:
    def rows(flatten: bool) -> list[dict[str, Any]]:
        task = EmbeddingTaskGenerator(
            llm=SimulatedLLM(),
            category=category,
            flatten_tasks=flatten,
            use_default_structured_output=structured,
        )
        task.load()
        ((made, last),) = task.process()
        assert last
        return made

    (row,) = rows(False)
    assert all(isinstance(task, str) for task in row["tasks"])
    assert [flat["task"] for flat in rows(True)] == row["tasks"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_has_a_prompt_of_its_own(scripted: Any, category: Any) -> None:
    shown = str(EmbeddingTaskGenerator(llm=scripted(), category=category).prompt[0]["content"])
    assert "about 20 tasks" in shown
    assert category.split("-")[1] in shown.lower()


@pytest.mark.parametrize(
    ("output", "tasks"),
    [
        ('["a", "b"]', ["a", "b"]),
        ("['a', \"b's\"]", ["a", "b's"]),
        ('```python\ntasks = [\n    "a",\n    "b",\n]\n```', ["a", "b"]),
        ('Here is the list:\n["a", "b"]', ["a", "b"]),
        ('<think>["c"]</think>["a", "b"]', ["a", "b"]),
        ("no list", "no list"),
        ("[a, b]", "[a, b]"),
        (None, None),
    ],
)
def test_the_list_of_tasks(scripted: Any, output: str | None, tasks: Any) -> None:
    task = EmbeddingTaskGenerator(llm=scripted(), category="text-retrieval")
    assert task.format_output(output) == {"tasks": tasks}


@pytest.mark.parametrize("flatten", [False, True])
async def test_a_text_in_place_of_the_list_fails(scripted: Any, flatten: bool) -> None:
    llm = scripted("no list")
    task = EmbeddingTaskGenerator(
        llm=llm, category="text-retrieval", flatten_tasks=flatten, name="g"
    )
    (row,) = await task.aprocess({"number": 0}, llm.agenerate)
    assert "error_g" in row["distilabel_metadata"]


def test_grouped_generations_are_flattened_too() -> None:
    task = EmbeddingTaskGenerator(
        llm=SimulatedLLM(),
        category="text-retrieval",
        flatten_tasks=True,
        num_generations=2,
        group_generations=True,
    )
    task.load()
    ((rows, _),) = task.process()
    assert len(rows) == 40
    assert all(isinstance(row["task"], str) for row in rows)


def test_nothing_is_invented(scripted: Any) -> None:
    rng, task = random.Random(0), GenerateShortTextMatchingData(llm=scripted())
    pieces = ['{"input"', ": ", '"owl"', "'", "}", "{", "```", "\\", "[", "\n", ", ", '"', "1"]
    for _ in range(3000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 12)))
        for value in task.format_output(output, ROW).values():
            assert value is None or value in output


def test_choices_outside_of_the_paper_are_rejected(scripted: Any) -> None:
    with pytest.raises(ValidationError):
        GenerateTextRetrievalData(llm=scripted(), num_words=51)
    with pytest.raises(ValidationError):
        EmbeddingTaskGenerator(llm=scripted(), category="other")


@pytest.mark.parametrize(
    "name", [name for name, cls in vars(module).items() if isinstance(cls, type)]
)
def test_they_are_printed(scripted: Any, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    cls: Any = getattr(module, name)
    if cls.__module__ != module.__name__:
        pytest.skip("a base")
    fields = {"category": "text-retrieval"} if cls is EmbeddingTaskGenerator else {}
    fields |= {"target_language": "Basque"} if cls is BitextRetrievalGenerator else {}
    cls(llm=scripted(), **fields).print()
    shown = capsys.readouterr().out
    assert name in shown
    assert ("<PLACEHOLDER_TASK>" in shown) == issubclass(cls, EmbeddingData)
    assert issubclass(cls, (KeyedAnswers, EmbeddingTaskGenerator))


@pytest.mark.parametrize("cls", DATA)
def test_every_writing_of_an_object_is_read(scripted: Any, cls: Any) -> None:
    task = cls(llm=scripted())
    values = {key: f'v {key}\'s \u00e9 "x" [1] {{y}}' for key in task.keys}
    written = [
        values,
        {key.title(): value for key, value in values.items()},
        {key.replace("_", " "): value for key, value in values.items()},
        {key.upper().replace("_", "-"): value for key, value in values.items()},
    ]
    texts = [text for each in written for text in objects(each)]
    texts += [*surrounded(str(values)), *surrounded(json.dumps(values)[:-1] + ",}")]
    check(
        lambda text: task.format_output(text, ROW),
        ((text, values) for text in texts),
        at_least=1000,
    )
