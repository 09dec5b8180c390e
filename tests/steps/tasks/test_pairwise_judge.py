"""`PairwiseJudge`: both orders are asked, and there is a verdict only if they agree."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks.pairwise_judge import PairwiseJudge
from judge_variants import LABELS, check, check_no_invention, labeled, objects, refuses, wrapped

ROW = {"instruction": "QQQ {{ x }}", "generations": ["AAA", "BBB"], "reference": "RRR"}
LETTERS = ["B", "B.", "**B**", '"B"', "(B)", "[B]", "[[B]]", "<B>", "`B`", "Response B", "b"]
LETTERS += ["**Response B**", "B is better than A", "B > A", "\uff22", "B (clearer)", "B, clearly"]
TIES = ["tie", "Tie", "TIE", "**Tie**", "a tie", "It's a tie", "[[tie]]", "tie (A and B)", "Draw"]


def one_order(scripted: Any, **fields: Any) -> PairwiseJudge:
    return PairwiseJudge(llm=scripted(), orders=1, **fields)


def cases() -> Iterator[tuple[str, Any]]:
    for form, (verdict, written) in itertools.product(
        LABELS, [*(("B", letter) for letter in LETTERS), *(("tie", tie) for tie in TIES)]
    ):
        expected = {"verdict": verdict, "rationale": "It is clear."}
        yield f"Rationale: It is clear.\n{labeled(form, 'Verdict', written)}", expected
    expected = {"verdict": "B", "rationale": "It is clear."}
    for form in LABELS:
        rationale = labeled(form, "Rationale", "It is clear.")
        for text in wrapped(f"{rationale}\nVerdict: B"):
            yield text, expected
        yield f"Verdict: B\n{rationale}", expected
    for label in ("Winner", "Final verdict", "Better response", "Decision", "Choice"):
        for text in wrapped(f"Reason: It is clear.\n{label}: B"):
            yield text, expected
    yield "It is clear.\n\nVerdict: B", expected
    yield "Rationale: It is clear.\nVerdict: B\n\nRationale: again\nVerdict: B", expected
    yield "Verdict: B", {"verdict": "B", "rationale": None}
    yield "Response B is clear: [[B]]", {"verdict": "B", "rationale": None}


def test_every_writing_of_a_verdict_is_read(scripted: Any) -> None:
    check(one_order(scripted).format_output, cases(), at_least=1000)


def test_what_is_not_a_verdict_is_refused(scripted: Any) -> None:
    values = ["", "A or B", "A and B", "A = B", "A < B", "both", "neither", "C", "4", "Apples"]
    values += ["A is not better than B", "a good one", "not A", "A\nVerdict: B", "tie or A"]
    texts = [f"Rationale: x\nVerdict: {value}" for value in values]
    parse = one_order(scripted).format_output
    refuses(parse, [*texts, "", "nothing", "A", "I prefer A.", "[[A]] or [[B]]", "<think>[[A]]"])
    refuses(one_order(scripted, allow_tie=False).format_output, [f"Verdict: {t}" for t in TIES])
    with pytest.raises(ValueError, match="no line 'Verdict: <A, B or tie>'"):
        parse("nothing")
    with pytest.raises(ValueError, match=r"more than one verdict \(A, B\)"):
        parse("Verdict: A\nVerdict: B")


def test_no_verdict_is_invented(scripted: Any) -> None:
    check_no_invention(one_order(scripted).format_output, ["Verdict: ", "Winner: ", "[[A]]"])


@pytest.mark.parametrize(
    ("ab", "ba", "verdict", "consistent"),
    [
        ("A", "B", "A", True),
        ("B", "A", "B", True),
        ("tie", "tie", "tie", True),
        # The judge prefers a place.
        ("A", "A", None, False),
        ("B", "B", None, False),
        ("A", "tie", None, False),
    ],
)
async def test_both_orders_must_agree(
    scripted: Any, ab: str, ba: str, verdict: str | None, consistent: bool
) -> None:
    llm = scripted(f"Rationale: one\nVerdict: {ab}", f"Rationale: two\nVerdict: {ba}")
    (row,) = await PairwiseJudge(llm=llm, name="p").aprocess(ROW, llm.agenerate)
    assert (row["verdict"], row["consistent"]) == (verdict, consistent)
    assert row["verdict_ab"] == ab
    assert row["verdict_ba"] == {"A": "B", "B": "A", "tie": "tie"}[ba]
    assert row["rationales"] == ["one", "two"]
    metadata = row["distilabel_metadata"]
    assert metadata["statistics_p"] == {"input_tokens": [7, 7], "output_tokens": [11, 11]}
    assert metadata["raw_output_p"] == [
        f"Rationale: one\nVerdict: {ab}",
        f"Rationale: two\nVerdict: {ba}",
    ]
    first, second = (prompt[1]["content"] for prompt in metadata["raw_input_p"])
    assert "## Response A\n\nAAA\n\n## Response B\n\nBBB" in first
    assert "## Response A\n\nBBB\n\n## Response B\n\nAAA" in second


async def test_an_order_that_cannot_be_read_leaves_no_verdict(scripted: Any) -> None:
    llm = scripted("Verdict: A", "nothing")
    (row,) = await PairwiseJudge(llm=llm, name="p").aprocess(ROW, llm.agenerate)
    assert (row["verdict"], row["verdict_ab"], row["verdict_ba"]) == (None, "A", None)
    assert row["consistent"] is None
    error = row["distilabel_metadata"]["error_p"]
    assert (error["type"], error["raw"]) == ("UnreadableAnswer", "nothing")


async def test_several_generations_are_paired(scripted: Any) -> None:
    llm = scripted("Verdict: A", "Verdict: B", "Verdict: B", "Verdict: B")
    task = PairwiseJudge(llm=llm, num_generations=2)
    rows = await task.aprocess(ROW, llm.agenerate)
    assert [row["verdict"] for row in rows] == ["A", None]
    llm = scripted("Verdict: A", "Verdict: B", "Verdict: B", "Verdict: B")
    grouped = PairwiseJudge(llm=llm, num_generations=2, group_generations=True)
    (row,) = await grouped.aprocess(ROW, llm.agenerate)
    assert row["verdict"] == ["A", None]


async def test_the_reasoning_of_both_orders_is_kept(scripted: Any) -> None:
    llm = scripted("<think>x</think>Verdict: A", "<think>y</think>Verdict: B")
    task = PairwiseJudge(llm=llm, add_reasoning=True)
    (row,) = await task.aprocess(ROW, llm.agenerate)
    assert (row["verdict"], row["reasoning"]) == ("A", ["x", "y"])


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize(
    "fields", [{}, {"orders": 1}, {"allow_tie": False}, {"reference": True, "orders": 1}]
)
def test_the_simulated_judge_understands_the_prompt(
    fields: dict[str, Any], structured: bool
) -> None:
    task = PairwiseJudge(llm=SimulatedLLM(), use_default_structured_output=structured, **fields)
    task.load()
    rows = next(task.process([{**ROW, "instruction": str(n)} for n in range(20)]))
    verdicts = {row.get("verdict_ab", row["verdict"]) for row in rows}
    assert verdicts <= ({"A", "B"} if fields.get("allow_tie") is False else {"A", "B", "tie"})
    assert all(set(task.outputs) <= set(row) for row in rows)


def test_the_prompt_shows_the_texts_and_the_criteria(scripted: Any) -> None:
    task = PairwiseJudge(llm=scripted(), criteria="CCC", reference=True, allow_tie=False)
    system, user = task.format_input(ROW)
    shown = str(user["content"])
    places = [shown.index(part) for part in ("CCC", "QQQ {{ x }}", "RRR", "AAA", "BBB", "Verdict:")]
    assert places == sorted(places)
    assert "tie" not in shown
    assert "There is no tie" in str(system["content"])
    assert task.inputs == ["instruction", "generations", "reference"]


def test_structured_answers(scripted: Any) -> None:
    task = one_order(scripted, use_default_structured_output=True)
    parsed = task.format_output('```json\n{"rationale": "why", "verdict": "tie"}\n```')
    assert parsed == {"verdict": "tie", "rationale": "why"}
    refuses(task.format_output, ["Verdict: A", '{"verdict": 1}', '{"verdict": "C"}', "{}"])
    assert task.get_structured_output()["properties"]["verdict"]["enum"] == ["A", "B", "tie"]


def test_an_object_is_read_also_where_none_was_asked_for(scripted: Any) -> None:
    parse = one_order(scripted).format_output
    expected = {"verdict": "B", "rationale": "It is {x}. Verdict: A"}
    check(parse, ((text, expected) for text in objects(expected)), at_least=200)
    refuses(parse, ['{"verdict": "C"}', '{\n"rationale": "x",\n"verdict": "A or B"\n}'])


@pytest.mark.parametrize("generations", [["a"], ["a", "b", "c"], ["a", None], "ab", None])
def test_two_texts_are_compared(scripted: Any, generations: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'generations' contains"):
        PairwiseJudge(llm=scripted()).format_input({**ROW, "generations": generations})


def test_no_answer_is_none_in_every_column(scripted: Any) -> None:
    for orders in (1, 2):
        task = PairwiseJudge(llm=scripted(), orders=orders)
        assert set(task.format_output(None, ROW)) == set(task.outputs) - {"model_name"}


def test_another_pipeline_asks_nothing_again(tmp_path: Path) -> None:
    def run(name: str) -> Any:
        with Pipeline(name=name, cache_dir=tmp_path) as pipeline:
            rows = [{**ROW, "instruction": str(number)} for number in range(8)]
            load = LoadDataFromDicts(data=rows)
            load >> PairwiseJudge(name="judge", llm=SimulatedLLM())
        return pipeline.run()

    first, second = run("one"), run("two")
    assert first["default"]["train"]["verdict"] == second["default"]["train"]["verdict"]
    assert [each.report.steps["judge"].reused for each in (first, second)] == [0, 16]
