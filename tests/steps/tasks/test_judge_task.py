"""Protects `orders` and `expected` of judging tasks: what is asked, joined and refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms.base import AsyncLLM
from distilabel.steps.tasks import PairwiseJudge, PrometheusEval, UltraFeedback
from distilabel.steps.tasks.judge_task import best_letter, means_of

ROW = {"instruction": "Name an owl.", "generations": ["AAA", "BBB"]}
KEY = "distilabel_metadata"


def ratings(*numbers: Any) -> str:
    return "\n\n".join(
        f"#### Output for Text {i}\nRating: {n}\nRationale: r{n}" for i, n in enumerate(numbers, 1)
    )


def run(task: Any, row: dict[str, Any] | None = None) -> dict[str, Any]:
    task.load()
    [made] = next(task.process([row or ROW]))
    return dict(made)


def test_both_orders_are_asked_and_mapped_back(scripted: Any) -> None:
    llm = scripted(ratings(5, 2), ratings(3, 4))
    row = run(UltraFeedback(name="judge", llm=llm, orders=2))
    # In the second order, the first text is the second one of the row.
    assert row["ratings"] == [4.5, 2.5]
    assert (row["verdict_ab"], row["verdict_ba"], row["consistent"]) == ("A", "A", True)
    assert row["rationales"] == ["r5", "r2"]
    first, second = row[KEY]["raw_input_judge"]
    assert str(first).index("AAA") < str(first).index("BBB")
    assert str(second).index("BBB") < str(second).index("AAA")
    assert len(row[KEY]["raw_output_judge"]) == 2
    assert all(len(v) == 2 for v in row[KEY]["statistics_judge"].values())


def test_orders_that_differ_are_told(scripted: Any) -> None:
    row = run(UltraFeedback(llm=scripted(ratings(5, 2), ratings(5, 2)), orders=2))
    assert (row["verdict_ab"], row["verdict_ba"], row["consistent"]) == ("A", "B", False)
    assert row["ratings"] == [3.5, 3.5]


def test_kept_asks_again_only_where_there_is_a_best_text(scripted: Any) -> None:
    row = run(UltraFeedback(llm=scripted(ratings(3, 3)), orders="kept"))
    assert (row["verdict_ab"], row["verdict_ba"], row["consistent"]) == ("tie", None, None)
    row = run(UltraFeedback(llm=scripted(ratings(5, 3), ratings(3, 5)), orders="kept"))
    assert (row["verdict_ab"], row["verdict_ba"], row["consistent"]) == ("A", "A", True)


def test_one_order_has_the_columns_of_1_5_3(scripted: Any) -> None:
    task = UltraFeedback(llm=scripted(ratings(5, 2)))
    assert [*task.get_outputs()] == ["ratings", "rationales", "model_name"]
    assert {*run(task)} == {*ROW, "ratings", "rationales", "model_name", KEY}
    assert "orders" not in task.dump()


def test_a_failure_of_the_second_order_is_a_failure(scripted: Any) -> None:
    llm = scripted(ratings(5, 2), "nothing", "nothing")
    row = run(UltraFeedback(name="judge", llm=llm, orders=2))
    assert row["consistent"] is None
    assert row["ratings"] == [None, None]
    assert row[KEY]["error_judge"]["type"] == "UnreadableAnswer"


def test_prometheus_compares_in_both_orders(scripted: Any) -> None:
    fields = {"mode": "relative", "rubric": "helpfulness"}
    llm = scripted("Good. [RESULT] A", "Good. [RESULT] B")
    row = run(PrometheusEval(llm=llm, orders=2, **fields))
    assert (row["result"], row["consistent"]) == ("A", True)
    llm = scripted("Good. [RESULT] A", "Good. [RESULT] A")
    row = run(PrometheusEval(llm=llm, orders=2, **fields))
    assert (row["result"], row["verdict_ba"], row["consistent"]) == (None, "B", False)


def test_the_pairwise_judge_asks_again_only_for_kept_rows(scripted: Any) -> None:
    row = run(PairwiseJudge(llm=scripted("Verdict: tie"), orders="kept"))
    assert (row["verdict"], row["consistent"]) == ("tie", None)
    row = run(PairwiseJudge(llm=scripted("Verdict: A", "Verdict: B"), orders="kept"))
    assert (row["verdict"], row["consistent"], len(row["rationales"])) == ("A", True, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda llm: UltraFeedback(llm=llm, orders=2, num_generations=2), "orders=2 needs num_gen"),
        (lambda _: UltraFeedback(llm=SimulatedLLM(), expected=True), "needs log-probabilities"),
        (lambda llm: PrometheusEval(llm=llm, orders=2, mode="absolute", rubric="honesty"),
         "orders=2 needs mode='relative'"),
        (lambda llm: PrometheusEval(llm=Probable(), expected=True, mode="relative",
                                    rubric="honesty"), "expected=True needs mode='absolute'"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_at_once(
    scripted: Any, make: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(scripted())


class Probable(AsyncLLM):
    """Writes ratings 4 with probability .6, and 5 with the rest of `mass`."""

    mass: float = 1.0

    @property
    def model_name(self) -> str:
        return "probable"

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, logprobs: int | None = None
    ) -> Any:
        assert logprobs == 10
        tokens: list[list[tuple[str, float]]] = [
            [("Feedback. [RESULT] ", 1.0)], [("4", 0.6), ("5", self.mass - 0.6)],
        ]  # fmt: skip
        if "2 texts" in str(input):
            label = [("Rating: ", 1.0)]
            tokens = [label, tokens[1], [("\n", 1.0)], label, tokens[1]]
        return {
            "generations": ["".join(alternatives[0][0] for alternatives in tokens)],
            "logprobs": [
                [[{"token": t, "logprob": math.log(p)} for t, p in each] for each in tokens]
            ],
            "statistics": {},
        }


def test_expected_ratings_stand_beside_the_ratings(caplog: pytest.LogCaptureFixture) -> None:
    row = run(UltraFeedback(llm=Probable(), expected=True))
    assert row["ratings"] == [4, 4]
    assert row["rating_expected"] == pytest.approx([4.4, 4.4])
    assert row["rating_mass"] == pytest.approx([1, 1])
    assert not any("logprobs" in name for name in row)
    row = run(UltraFeedback(llm=Probable(), expected=True, orders=2))
    assert row["rating_expected"] == pytest.approx([4.4, 4.4])
    one = {"instruction": "Name an owl.", "generation": "Barn owl."}
    task = PrometheusEval(llm=Probable(), expected=True, mode="absolute", rubric="honesty")
    row = run(task, one)
    assert (row["result"], row["rating_expected"]) == (4, pytest.approx(4.4))
    assert "probability" not in caplog.text


def test_little_mass_on_the_scale_is_said(caplog: pytest.LogCaptureFixture) -> None:
    task = UltraFeedback(name="judge", llm=Probable(mass=0.8), expected=True)
    row = run(task)
    assert row["rating_mass"] == pytest.approx([0.8, 0.8])
    assert "judge: the probability of a rating on the scale is only 0.80" in caplog.text


def test_a_provider_is_asked_for_alternatives() -> None:
    llm = OpenAILLM(model="m", api_key="k", generation_kwargs={"top_logprobs": 5})
    assert UltraFeedback(llm=llm, expected=True).expected


def test_letters_and_means() -> None:
    assert [best_letter(r) for r in ([1, 3, 2], [3, 3], [3, None], [])] == ["B", "tie", None, None]
    assert means_of([1, None], [2, 3]) == [1.5, None]
    assert means_of(None, [2]) == [None]
