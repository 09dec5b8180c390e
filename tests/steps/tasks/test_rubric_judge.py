"""`RubricJudge`: one score and rationale per criterion, in one question or one for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.rubric_judge import RubricJudge
from judge_variants import (
    LABELS,
    NO_NUMBERS,
    check,
    check_no_invention,
    labeled,
    numbers,
    objects,
    refuses,
    wrapped,
)

ROW = {"instruction": "QQQ {{ x }}", "generation": "AAA", "reference": "RRR"}
CRITERIA: dict[str, Any] = {
    "clarity": "Is it easy to follow?",
    "Use of sources": {"description": "Does it name sources?", "levels": ["no", "some", "all"]},
}
HEADINGS = [
    "#### Criterion: {}",
    "### Criterion: {}",
    "## Criterion {}",
    "**Criterion: {}**",
    "Criterion: {}",
    "criterion: {}:",
    "#### **Criterion: {}**",
    "Criterion 1: {}",
    "1. Criterion: {}",
    "#### Criterion\uff1a{}",
    "#### {}",
    "#### {}:",
    "**{}**",
    "**{}:**",
    "### **{}**",
    "{}:",
    "- **{}**:",
]


def judge(scripted: Any, **fields: Any) -> RubricJudge:
    return RubricJudge(llm=scripted(), criteria=CRITERIA, **fields)


def answer(heading: str, score: str = "4", form: str = "{L}: {v}") -> str:
    return "\n\n".join(
        f"{heading.format(name)}\n{labeled(form, 'Rationale', text)}\n"
        f"{labeled(form, 'Score', value)}"
        for name, text, value in (("clarity", "easy", score), ("Use of sources", "few", "2"))
    )


def cases() -> Iterator[tuple[str, Any]]:
    expected = {
        "scores": {"clarity": 4, "Use of sources": 2},
        "rationales": {"clarity": "easy", "Use of sources": "few"},
    }
    for heading in HEADINGS:
        if heading == "## Criterion {}":
            continue
        for text in wrapped(answer(heading)):
            yield text, expected
        for form in LABELS[:16]:
            yield answer(heading, form=form), expected
        yield "\n\n".join(reversed(answer(heading).split("\n\n"))), expected
        yield f"Here you are.\n\n{answer(heading)}\n\n", expected
        # The last criterion is missing.
        yield (
            answer(heading).split("\n\n")[0],
            {
                "scores": {"clarity": 4, "Use of sources": None},
                "rationales": {"clarity": "easy", "Use of sources": None},
            },
        )
        yield answer(heading).lower(), expected
    for heading, number in itertools.product(HEADINGS[:1], numbers(4, 5)):
        yield answer(heading, number), expected
    yield "clarity: 4\nUse of sources: 2/3", {**expected, "rationales": dict.fromkeys(CRITERIA)}
    # A rationale that speaks of another criterion, below headings, takes no score from it.
    yield (
        (
            "#### Criterion: clarity\nRationale: easy\nScore: 4\n\n"
            "#### Criterion: Use of sources\nRationale: few\nClarity: it is easy\nScore: 2"
        ),
        {
            **expected,
            "rationales": {"clarity": "easy", "Use of sources": "few\nClarity: it is easy"},
        },
    )


def test_every_writing_of_scores_is_read(scripted: Any) -> None:
    check(judge(scripted).format_output, cases(), at_least=500)


def test_what_is_not_a_score_is_refused(scripted: Any) -> None:
    values = [*NO_NUMBERS, "0", "6", "4.5", "4\nScore: 5"]
    texts = [f"#### Criterion: clarity\nRationale: x\nScore: {value}" for value in values]
    texts += ["", "nothing", "Score: 4", "#### Criterion: other\nScore: 4", "clarity is good: 4"]
    # Four of three levels.
    texts += ["#### Criterion: Use of sources\nScore: 4", "Use of sources: 4/5"]
    task = judge(scripted)
    refuses(lambda text: task.format_output(text)["scores"], texts)
    assert task._is_unusable(task.format_output("nothing"))


def test_no_score_is_invented(scripted: Any) -> None:
    words = ["#### Criterion: clarity\n", "Score: ", "clarity: ", "Use of sources: ", "Rationale: "]
    task = judge(scripted)
    check_no_invention(lambda text: task.format_output(text)["scores"], words)


async def test_each_criterion_may_have_a_question_of_its_own(scripted: Any) -> None:
    llm = scripted("Rationale: easy\nScore: 4", "#### Criterion: Use of sources\nScore: 2")
    task = RubricJudge(llm=llm, criteria=CRITERIA, separate_calls=True, name="r")
    (row,) = await task.aprocess(ROW, llm.agenerate)
    assert row["scores"] == {"clarity": 4, "Use of sources": 2}
    assert row["rationales"] == {"clarity": "easy", "Use of sources": None}
    first, second = (prompt[1]["content"] for prompt in row["distilabel_metadata"]["raw_input_r"])
    assert ("clarity" in first, "Use of sources" in first) == (True, False)
    assert ("clarity" in second, "Use of sources" in second) == (False, True)


async def test_a_criterion_that_cannot_be_read_fails_the_row_but_not_the_others(
    scripted: Any,
) -> None:
    llm = scripted("nothing", "Score: 2")
    task = RubricJudge(llm=llm, criteria=CRITERIA, separate_calls=True, name="r")
    (row,) = await task.aprocess(ROW, llm.agenerate)
    assert row["scores"] == {"clarity": None, "Use of sources": 2}
    assert "no score for 'clarity'" in row["distilabel_metadata"]["error_r"]["message"]


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("fields", [{}, {"separate_calls": True}, {"reference": True}])
def test_the_simulated_judge_understands_the_prompt(
    fields: dict[str, Any], structured: bool
) -> None:
    task = RubricJudge(
        llm=SimulatedLLM(),
        criteria=CRITERIA,
        use_default_structured_output=structured,
        **fields,
    )
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["scores"]["clarity"] in range(1, 6)
    assert row["scores"]["Use of sources"] in range(1, 4)
    assert all(row["rationales"].values())


def test_the_prompt_shows_the_criteria_and_their_levels(scripted: Any) -> None:
    _, user = judge(scripted, reference=True).format_input(ROW)
    shown = str(user["content"])
    order = ["### clarity", "1. Not met", "### Use of sources", "1. no\n2. some\n3. all"]
    order += ["QQQ {{ x }}", "RRR", "AAA", "#### Criterion: clarity\nRationale: <"]
    order += ["from 1 to 5>", "#### Criterion: Use of sources\n", "from 1 to 3>"]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_structured_answers(scripted: Any) -> None:
    task = judge(scripted, use_default_structured_output=True)
    text = '{"clarity": {"score": "4/5", "rationale": "x"}, "Use of sources": 2}'
    assert task.format_output(text) == {
        "scores": {"clarity": 4, "Use of sources": 2},
        "rationales": {"clarity": "x", "Use of sources": None},
    }
    refuses(task.format_output, ["clarity: 4", "[]", '{"clarity": true}', '{"clarity": {}}'])
    assert list(task.get_structured_output()["properties"]) == list(CRITERIA)


def test_an_object_is_read_also_where_none_was_asked_for(scripted: Any) -> None:
    parse = judge(scripted).format_output
    written = {
        "clarity": {"rationale": "easy {x}", "score": 4},
        "Use of sources": {"rationale": "few", "score": "2/3"},
    }
    expected = {
        "scores": {"clarity": 4, "Use of sources": 2},
        "rationales": {"clarity": "easy {x}", "Use of sources": "few"},
    }
    check(parse, ((text, expected) for text in objects(written)), at_least=200)
    refuses(
        lambda text: parse(text)["scores"], ['{"clarity": {"score": 7}}', '{"clarity": "Score"}']
    )


def test_criteria_survive_a_dump(scripted: Any) -> None:
    task = RubricJudge(llm=SimulatedLLM(), criteria=CRITERIA)
    assert RubricJudge.from_dict(task.dump()).criteria == task.criteria


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({}, "`criteria` is empty"),
        ({" ": "x"}, "cannot be the name of a criterion"),
        ({"a\nb": "x"}, "cannot be the name"),
        ({"Score": "x"}, "cannot be the name"),
        ({"a": "x", "A": "y"}, "have the same name"),
        ({"a": {"description": "x", "levels": ["only"]}}, "has 1 levels"),
        ({"a": {"levels": ["x", "y"]}}, "description"),
    ],
)
def test_criteria_are_checked(scripted: Any, criteria: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RubricJudge(llm=scripted(), criteria=criteria)


def test_no_answer_is_none_for_every_criterion(scripted: Any) -> None:
    empty = dict.fromkeys(CRITERIA)
    assert judge(scripted).format_output(None) == {"scores": empty, "rationales": empty}


def test_a_column_that_is_no_text_is_refused(scripted: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'generation' contains None"):
        judge(scripted).format_input({**ROW, "generation": None})
