"""`GenerateVerifiableQuestion`: nothing passes that a program could not check."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.verifiable.pass_rate import PassRate
from distilabel.steps.tasks.verifiable.question import GenerateVerifiableQuestion
from judge_variants import (
    AROUND,
    LABELS,
    check,
    labeled,
    line_ends,
    objects,
    random_texts,
    refuses,
    surrounded,
)

ROW = {"text": "TTT {{ x }}"}
PARTS = {"question": "How many?", "solution": "Add 3 and 4.", "answer": "7", "verifier": "math"}
COLUMNS = {
    "prompt": "How many?",
    "solution": "Add 3 and 4.",
    "ground_truth": "7",
    "verifier": "math",
}


def written(**parts: str) -> str:
    return "\n\n".join(f"## {name.title()}\n\n{text}" for name, text in {**PARTS, **parts}.items())


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("verifiers", [["math"], ["math", "text", "exact"]])
def test_the_prompt_has_the_text_the_verifiers_and_the_form(
    scripted: Any, structured: bool, verifiers: Any
) -> None:
    task = GenerateVerifiableQuestion(
        llm=scripted(), verifiers=verifiers, use_default_structured_output=structured
    )
    system, user = task.format_input(ROW)
    assert str(user["content"]).endswith("TTT {{ x }}")
    shown = str(system["content"])
    assert all(f"- {name}: the answer is" in shown for name in verifiers)
    assert ("## Question" in shown) != structured
    several = len(verifiers) > 1
    assert ("## Verifier\n\n<math, text or exact>" in shown) == (several and not structured)
    assert ("verifier" in task.get_structured_output()["properties"]) == several


def cases() -> Iterator[str]:
    for form, around in itertools.product(LABELS, AROUND[:3]):
        sections = [labeled(form, name.title(), text) for name, text in PARTS.items()]
        yield from line_ends(around.replace("{}", "\n\n".join(sections)))
    yield from surrounded(written()[: -len("\n\n## Verifier\n\nmath")] + "\n\n## Verifier\n\nMath.")
    yield from objects(PARTS)
    yield from objects({**PARTS, "answer": 7})
    for answer in ("**7**", r"$\boxed{7}$", "The answer is: 7", "7."):
        yield written(answer=answer)


def test_every_writing_of_a_question_is_read(scripted: Any) -> None:
    parse = GenerateVerifiableQuestion(llm=scripted()).format_output

    check(parse, ((text, COLUMNS) for text in cases()), at_least=400)


def test_what_cannot_be_checked_is_refused_in_words(scripted: Any) -> None:
    task = GenerateVerifiableQuestion(llm=scripted(), verifiers=["math", "text", "exact"])
    for text, message in [
        ("How many? 7.", "it has no question and no solution and no answer and no verifier"),
        (written(answer=""), "it has no answer"),
        (written(verifier="code"), "its verifier is 'code', not math or text or exact"),
        (written(verifier="math or text"), "its verifier is"),
        (written(answer="x " * 150), "not one short line"),
        (written(answer="+", verifier="text"), "the verifier 'text' rejects"),
        (json.dumps({**PARTS, "verifier": None}), "it has no verifier"),
    ]:
        with pytest.raises(ValueError, match=message):
            task.format_output(text)
    refuses(task.format_output, random_texts(["## Question\n", "## Answer\n", "math", "Solution:"]))


def test_one_verifier_needs_no_name(scripted: Any) -> None:
    task = GenerateVerifiableQuestion(llm=scripted(), verifiers=["text"])
    answer = written(answer="The blue whale").partition("\n\n## Verifier")[0]
    assert task.format_output(answer)["verifier"] == "text"
    assert task.format_output(None) == dict.fromkeys(COLUMNS)


async def test_a_question_that_cannot_be_checked_is_asked_for_again(scripted: Any) -> None:
    llm = scripted(written(verifier="none"), written())
    task = GenerateVerifiableQuestion(llm=llm, name="q")
    task.load()
    (row,) = next(task.process([ROW]))
    assert (row["prompt"], row["ground_truth"]) == ("How many?", "7")
    assert llm.script == []


@pytest.mark.parametrize("structured", [False, True])
def test_its_columns_are_those_that_pass_rate_reads(structured: bool) -> None:
    task = GenerateVerifiableQuestion(llm=SimulatedLLM(), use_default_structured_output=structured)
    task.load()
    (row,) = next(task.process([ROW]))
    assert all(row[column] for column in task.outputs)
    rate = PassRate(llm=SimulatedLLM(), k=2)
    assert set(rate.inputs) <= set(row)
    rate.load()
    (row,) = next(rate.process([row]))
    assert row["pass_k"] == 2


def test_wrong_fields_and_columns_are_refused(scripted: Any) -> None:
    for verifiers in ([], ["code"]):
        with pytest.raises(ValidationError, match="verifiers"):
            GenerateVerifiableQuestion(llm=scripted(), verifiers=verifiers)
    with pytest.raises(DistilabelUserError, match="'text'"):
        GenerateVerifiableQuestion(llm=scripted()).format_input({"text": None})
