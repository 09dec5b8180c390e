"""`UltraFeedback`: the prompt of the judge, and one rating per text for any answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.ultrafeedback import UltraFeedback
from judge_variants import (
    LABELS,
    ZEROS,
    check,
    check_no_invention,
    in_script,
    labeled,
    numbers,
    objects,
    refuses,
    wrapped,
)

ASPECTS = get_args(UltraFeedback.model_fields["aspect"].annotation)
TYPED = ["types", "rationales", "ratings", "rationales-for-ratings"]
ROW = {"instruction": "QQQ {{ x }}", "generations": ["AAA", None, "CCC"]}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_judge_is_shown_the_instruction_the_texts_and_where_to_write(
    scripted: Any, aspect: Any
) -> None:
    system, user = UltraFeedback(llm=scripted(), aspect=aspect).format_input(ROW)
    assert (system["role"], user["role"]) == ("system", "user")
    assert "3 texts" in str(system["content"])
    shown = str(user["content"])
    order = ["## Instruction", "QQQ {{ x }}", "#### Text 1\n\nAAA\n", "#### Text 2\n"]
    order += ["#### Text 3\n\nCCC\n", "## Output format"]
    order += [f"#### Output for Text {n}\n" for n in (1, 2, 3)]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)
    assert "None\n" not in shown.split("## Output format")[0]
    assert [f"\n{level}. **" in shown for level in range(1, 6)] == [True] * 5


@pytest.mark.parametrize(
    ("aspect", "labels"),
    [
        (aspect, ["Type", "Rationale", "Rating", "Rationale"])
        if aspect in ("helpfulness", "truthfulness")
        else (aspect, ["Rating", "Rationale"])
        for aspect in ASPECTS
    ],
)
def test_the_blocks_have_the_labels_of_the_aspect_and_an_empty_line_between(
    scripted: Any, aspect: Any, labels: list[str]
) -> None:
    _, user = UltraFeedback(llm=scripted(), aspect=aspect).format_input(ROW)
    blocks = str(user["content"]).split("#### Output for Text ")[1:]
    for block in blocks:
        lines = block.rstrip().splitlines()[1:]
        assert [line.split(":")[0] for line in lines] == labels
    assert [block.endswith("\n\n") for block in blocks] == [True, True, False]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_simulated_judge_understands_the_prompt(aspect: Any) -> None:
    task = UltraFeedback(llm=SimulatedLLM(), aspect=aspect)
    task.load()
    (row,) = next(task.process([ROW]))
    assert set(task.outputs) <= set(row)
    assert [rating in range(1, 6) for rating in row["ratings"]] == [True] * 3
    assert all(row["rationales"])


def test_columns_follow_the_aspect(scripted: Any) -> None:
    assert UltraFeedback(llm=scripted()).outputs == ["ratings", "rationales", "model_name"]
    assert UltraFeedback(llm=scripted(), aspect="truthfulness").outputs == [*TYPED, "model_name"]


async def test_one_rating_per_text(scripted: Any) -> None:
    llm = scripted(
        "#### Output for Text 3\nRating: 4\nRationale: c\n\n"
        "#### Output for Text 1\nRating: 2\nRationale: a"
    )
    (row,) = await UltraFeedback(llm=llm, name="u").aprocess(ROW, llm.agenerate)
    assert (row["ratings"], row["rationales"]) == ([2, None, 4], ["a", None, "c"])
    assert row["distilabel_metadata"]["statistics_u"] == {"input_tokens": 7, "output_tokens": 11}


def test_types(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted(), aspect="helpfulness")
    output = "Type: 1\nRationale: why\nRating: 3\nRationale: because"
    assert task.format_output(output, {"generations": ["x"]}) == {
        "types": [1],
        "rationales": ["why"],
        "ratings": [3],
        "rationales-for-ratings": ["because"],
    }


@pytest.mark.parametrize("structured", [True, False])
def test_no_answer_means_none_for_every_text(scripted: Any, structured: bool) -> None:
    task = UltraFeedback(llm=scripted(), use_default_structured_output=structured)
    for output in (None, "nothing"):
        assert task.format_output(output, ROW) == {
            "ratings": [None] * 3,
            "rationales": [None] * 3,
        }


@pytest.mark.parametrize("aspect", ASPECTS)
def test_structured_answers(scripted: Any, aspect: Any) -> None:
    task = UltraFeedback(llm=scripted(), aspect=aspect, use_default_structured_output=True)
    properties = set(task.get_structured_output()["properties"])
    assert {name.replace("-", "_") for name in task.outputs if name != "model_name"} == {
        "rationales_for_ratings" if name == "rationales_for_rating" else name for name in properties
    }
    task.load()
    assert (
        task._asked(task.llm).dump()["structured_output"]["schema"] == task.get_structured_output()
    )
    shown = str(task.format_input(ROW)[1]["content"])
    assert all(f'"{name}"' in shown for name in properties)
    assert "Output for Text" not in shown


def test_structured_answers_are_parsed_and_padded(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted(), aspect="truthfulness", use_default_structured_output=True)
    answer = {
        "types": [None, 2],
        "rationales": ["a", "b", 3],
        "ratings": [5, "four", True],
        "rationales_for_rating": ["x", "y", "z"],
    }
    assert task.format_output(json.dumps(answer), ROW) == {
        "types": [None, 2, None],
        "rationales": ["a", "b", None],
        "ratings": [5, None, None],
        "rationales-for-ratings": ["x", "y", "z"],
    }


@pytest.mark.parametrize(
    "wrapped", ["{}", "```json\n{}\n```", "Here it is:\n{}\nBye.", "<think>{{}}</think>{}"]
)
def test_structured_answers_are_found_in_fences_and_among_words(
    scripted: Any, wrapped: str
) -> None:
    task = UltraFeedback(llm=scripted(), use_default_structured_output=True)
    answer = {"ratings": [4.0, "4", " 4/5 "], "rationales": ["a", "b", "c"]}
    parsed = task.format_output(wrapped.format(json.dumps(answer)), ROW)
    assert parsed == {"ratings": [4, 4, 4], "rationales": ["a", "b", "c"]}


def test_the_keys_of_a_structured_answer_may_be_those_of_the_columns(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted(), aspect="helpfulness", use_default_structured_output=True)
    answer: dict[str, Any] = {name: ["1"] * 3 for name in TYPED}
    parsed = task.format_output(json.dumps(answer), ROW)
    assert parsed == {**answer, "types": [1] * 3, "ratings": [1] * 3}


def test_more_ratings_than_texts_are_refused(scripted: Any) -> None:
    # It is not known which of them belongs to which text.
    task = UltraFeedback(llm=scripted(), use_default_structured_output=True)
    with pytest.raises(ValueError, match="4 ratings for 3 texts"):
        task.format_output(json.dumps({"ratings": [1, 2, 3, 4]}), ROW)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"generations": "a text"},
            "'generations' contains a str. It must contain a list of texts",
        ),
        ({"generations": None}, "'generations' contains None. It must contain a list"),
        ({"generations": {"a": "b"}}, "'generations' contains a dict"),
        ({"generations": []}, "'generations' is an empty list"),
        ({"generations": [None, None]}, "'generations' contains only None"),
        ({"generations": ["a", ["b"]]}, "item 1 of column 'generations' is a list"),
        ({"instruction": None}, "'instruction' contains None. It must contain a text"),
        ({"instruction": [{"role": "user"}]}, "'instruction' contains a list"),
    ],
)
def test_a_column_of_the_wrong_type_is_refused_before_it_is_paid_for(
    scripted: Any, row: dict[str, Any], message: str
) -> None:
    task = UltraFeedback(llm=scripted(), name="judge")
    with pytest.raises(DistilabelUserError, match=message):
        task.format_input({**ROW, **row})
    # The row then fails, without a rating for each letter of a text.
    failed = task.format_output(None, {**ROW, **row})
    assert len(failed["ratings"]) in (0, 2, 3)


def test_arrays_and_tuples_are_lists_as_well(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted())
    expected = task.format_input({**ROW, "generations": ["a", "b"]})
    assert task.format_input({**ROW, "generations": ("a", "b")}) == expected
    assert task.format_input({**ROW, "generations": np.array(["a", "b"], dtype=object)}) == expected


def test_an_error_names_the_column_of_the_pipeline(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted(), input_mappings={"generations": "answers"})
    with pytest.raises(DistilabelUserError, match="column 'answers' contains a str"):
        task.format_input({"instruction": "i", "generations": "x"})


def test_an_answer_that_is_only_reasoning_is_refused_in_words(scripted: Any) -> None:
    with pytest.raises(ValueError, match="reasoning but no text"):
        UltraFeedback(llm=scripted()).format_output("<think>Rating: 1", ROW)


def test_an_unknown_aspect_is_rejected(scripted: Any) -> None:
    with pytest.raises(ValueError, match="aspect"):
        UltraFeedback(llm=scripted(), aspect="beauty")


def test_tasks_that_share_a_model_each_have_their_own_schema(scripted: Any) -> None:
    llm = scripted()
    tasks = [
        UltraFeedback(llm=llm, aspect=aspect, use_default_structured_output=True)
        for aspect in ("truthfulness", "overall-rating")
    ]
    for task in tasks:
        task.load()
        own: Any = task._asked(task.llm)
        assert own.structured_output["schema"] == task.get_structured_output()
    assert llm.structured_output is None


HEADINGS = [
    "#### Output for Text {}",
    "### Output for Text {}:",
    "**Output for Text {}**",
    "**Output for Text {}:**",
    "#### **Output for Text {}**",
    "Output for Text {}",
    "#### Text {}",
    "**Text {}**",
    "OUTPUT FOR TEXT {}",
    "",
]


def _block(form: str, fields: list[tuple[str, str]]) -> str:
    return "\n".join(labeled(form, label, value) for label, value in fields)


def _answer(heading: str, blocks: list[str]) -> str:
    headed = [f"{heading.format(n)}\n{block}".lstrip() for n, block in enumerate(blocks, 1)]
    return "\n\n".join(headed)


def _cases() -> Iterator[tuple[str, Any]]:
    expected = {"ratings": [4, 2], "rationales": ["fine", "poor"]}
    second = [("Rating", "2"), ("Rationale", "poor")]
    for heading, form in itertools.product(HEADINGS, LABELS):
        one, two = [("Rating", "4"), ("Rationale", "fine")], second
        yield _answer(heading, [_block(form, one), _block(form, two)]), expected
        yield _answer(heading, [_block(form, one[::-1]), _block(form, two[::-1])]), expected
    for number in numbers(4, 5):
        one = [("Rating", number), ("Rationale", "fine")]
        yield _answer(HEADINGS[0], [_block("{L}: {v}", one), _block("{L}: {v}", second)]), expected
    for heading in HEADINGS:
        one = [("Rating", "4"), ("Rationale", "fine")]
        answer = _answer(heading, [_block("{L}: {v}", one), _block("{L}: {v}", second)])
        for text in wrapped(answer):
            yield text, expected
        yield f"Here is what I think.\n\n{answer}", expected
        if heading:
            yield "\n\n".join(answer.split("\n\n")[::-1]), expected
            yield (
                answer.replace("\nRationale: poor", ""),
                {**expected, "rationales": ["fine", None]},
            )
            yield answer.replace("Rating: 4\n", ""), {**expected, "ratings": [None, 2]}
            for zero in ZEROS:
                yield in_script(answer, zero), expected


def _typed_cases() -> Iterator[tuple[str, Any]]:
    expected = {
        "types": [1, None],
        "rationales": ["kind", "none"],
        "ratings": [4, 5],
        "rationales-for-ratings": ["fine", "good"],
    }
    for heading, form in itertools.product(HEADINGS, LABELS):
        one = [("Type", "1, 3"), ("Rationale", "kind"), ("Rating", "4"), ("Rationale", "fine")]
        two = [("Type", "None"), ("Rationale", "none"), ("Rating", "5/5"), ("Rationale", "good")]
        answer = _answer(heading, [_block(form, one), _block(form, two)])
        yield answer, expected
        if form == "{L}: {v}":
            for text in wrapped(answer):
                yield text, expected


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_writing_of_ratings_is_read(scripted: Any, aspect: Any) -> None:
    row = {"instruction": "i", "generations": ["x", "y"]}
    task = UltraFeedback(llm=scripted(), aspect=aspect)
    cases = _typed_cases() if "types" in task.outputs else _cases()
    check(lambda text: task.format_output(text, row), cases, at_least=300)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_an_object_is_read_also_where_none_was_asked_for(scripted: Any, aspect: Any) -> None:
    """Its lines look like labels, so that rationales would be pieces of JSON."""
    row = {"instruction": "i", "generations": ["x", "y"]}
    task = UltraFeedback(llm=scripted(), aspect=aspect)
    values = {
        name: [[4, None], ["{a}: b", "Rating: 1"]]["rationale" in name] for name in task._columns
    }
    check(
        lambda text: task.format_output(text, row),
        ((o, values) for o in objects(values)),
        at_least=200,
    )
    rows = [{"Rating": 4, "Rationale": "a"}, {"Rating": 2, "Rationale": "b"}]
    refuses(
        lambda text: task.format_output(text, row), [json.dumps(rows[0]), "{}", '{"ratings": 4}']
    )


def test_ratings_of_another_scale_are_refused(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted())
    row = {"instruction": "i", "generations": ["x"]}
    values = ["0", "6", "8/10", "4/10", "**4**/10", "4 out of 100", "4.0 / 10", "95", "4/50"]
    refuses(
        lambda text: task.format_output(text, row)["ratings"],
        [f"Rating: {value}\nRationale: x" for value in values],
    )
    structured = UltraFeedback(llm=scripted(), use_default_structured_output=True)
    for value in (0, 6, "8/10", "4/10", 4.5):
        answer = json.dumps({"ratings": [value], "rationales": ["x"]})
        assert structured.format_output(answer, row)["ratings"] == [None], value


def test_what_is_not_a_rating_is_refused(scripted: Any) -> None:
    row = {"instruction": "i", "generations": ["x"]}
    task = UltraFeedback(llm=scripted())
    values = ["", "four", "N/A", "None", "-1", "4.5", "4,5", "IV", "?", "\u00b2"]
    refuses(
        lambda text: task.format_output(text, row)["ratings"],
        [f"Rating: {value}\nRationale: x" for value in values],
    )


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_rating_is_invented(scripted: Any, aspect: Any) -> None:
    task = UltraFeedback(llm=scripted(), aspect=aspect)
    words = ["Rating: ", "Type: ", "Rationale: ", "#### Output for Text 1\n", "Type: 1\nRating: 4"]
    check_no_invention(lambda text: task.format_output(text, ROW)["ratings"], words, count=600)
