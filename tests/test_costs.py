"""Protects the money: the report is what the endpoint charged, and no budget is ever passed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.settings import Settings
from distilabel.errors import DistilabelUserError
from distilabel.models import LLM, AnthropicLLM, OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration, UltraFeedback
from endpoint import Endpoint

PRICE = (3.0, 11.0)

Serve = Callable[..., Endpoint]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Endpoint] = []

    def begin(**settings: Any) -> Endpoint:
        servers.append(Endpoint(Settings(**{"price": PRICE, **settings})))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def llm(endpoint: Endpoint, model: str, **fields: Any) -> OpenAILLM:
    return OpenAILLM(**{"model": model, "base_url": endpoint.url, "api_key": "none", **fields})


def rows(count: int) -> list[dict[str, str]]:
    return [{"instruction": f"Explain thing {i}{' at length' * (i % 7)}."} for i in range(count)]


def judged(endpoint: Endpoint, cache: Path, count: int, **fields: Any) -> Pipeline:
    """Two models write, the large one several times; a third judges."""
    with Pipeline("judged", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows(count))
        small = TextGeneration(name="small", llm=llm(endpoint, "small", **fields))
        large = TextGeneration(name="large", llm=llm(endpoint, "large", **fields))
        group = GroupColumns(
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judge = UltraFeedback(name="judge", llm=llm(endpoint, "judge", **fields))
        load >> [small, large] >> group >> judge
    return pipeline


def test_the_report_is_what_the_endpoint_charged(serve: Serve, tmp_path: Path) -> None:
    faults = {"429": 0.05, "500": 0.05, "null": 0.1, "no_choices": 0.1, "empty": 0.05, "400": 0.02}
    endpoint = serve(faults=Faults.parse(faults), seed=3)
    with Pipeline("several", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(40))
        many = TextGeneration(name="many", llm=llm(endpoint, "large"), num_generations=3)
        few = TextGeneration(name="few", llm=llm(endpoint, "small", max_retries=0))
        load >> [many, few]
    distiset = pipeline.run()
    report = distiset.report
    assert report.failures > 0
    assert sum(step.retried for step in report.steps.values()) > 0
    billed = endpoint.stats()["billed"]
    assert set(report.models) == set(billed) == {"large", "small"}
    for name, bill in billed.items():
        told = report.models[name]
        assert told.answered + told.wasted == bill["replies"]
        assert told.wasted > 0
        assert (told.input_tokens, told.output_tokens) == (
            bill["input_tokens"],
            bill["output_tokens"],
        )
        assert told.cost == pytest.approx(bill["cost"], rel=1e-12)
    assert report.cost == pytest.approx(endpoint.billed(), rel=1e-12)
    made = sum(len(distiset[name]["train"]) for name in ("many", "few"))
    assert report.rows == made
    assert report.cost_per_row == report.cost / made
    data = report.to_dict()
    assert data["cost"] == report.cost
    assert data["steps"]["many"]["models"]["large"]["cost"] == report.models["large"].cost


def test_an_answer_that_is_reused_costs_nothing(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve()
    first = judged(endpoint, tmp_path, 10).run().report
    more = judged(endpoint, tmp_path, 12).run().report
    assert (more.reused, more.asked) == (30, 6)
    assert first.cost + more.cost == pytest.approx(endpoint.billed(), rel=1e-12)
    again = judged(endpoint, tmp_path, 12).run().report
    assert again.cost == 0
    assert "cost" not in str(again).splitlines()[-1]


def test_a_lost_reply_is_told_with_the_most_it_can_have_cost(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve(faults=Faults.parse({"malformed": 0.1, "reset": 0.1}))
    report = judged(endpoint, tmp_path, 20, price=PRICE).run().report
    lost = sum(model.lost for model in report.models.values())
    most = sum(model.lost_cost for model in report.models.values())
    assert lost > 0
    assert report.cost - most < endpoint.billed() <= report.cost
    assert f"{lost} responses were lost and may be charged: up to $" in str(report)


def test_what_is_unknown_is_said_beside_what_is_known(serve: Serve, tmp_path: Path) -> None:
    silent, charging = serve(price=None), serve()
    with Pipeline("mixed", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(5))
        load >> [
            TextGeneration(name="own", llm=llm(silent, "own-model")),
            TextGeneration(name="bought", llm=llm(charging, "bought-model")),
        ]
    report = pipeline.run().report
    assert report.cost is None
    assert report.cost_per_row is None
    assert report.models["own-model"].cost is None
    known = report.models["bought-model"].cost
    assert known == pytest.approx(charging.billed(), rel=1e-12)
    assert f"cost ${known:.4f} + unknown for own-model" in str(report)


# -- budgets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_budget_is_never_passed_and_the_next_run_goes_on(
    serve: Serve, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    faults = {"429": 0.03, "500": 0.03, "null": 0.03, "malformed": 0.02, "reset": 0.02}
    endpoint = serve(
        seed=seed,
        latency=Latency.parse(chance.choice(["0", "0.003", "uniform:0:0.01"])),
        faults=Faults.parse(faults if seed % 2 else {}),
    )
    fields = {"price": PRICE, "generation_kwargs": {"max_new_tokens": chance.choice([40, 300])}}
    runs: list[Any] = []
    budget = chance.uniform(0.05, 0.15)
    while not runs or runs[-1].interrupted:
        before = endpoint.billed()
        report = judged(endpoint, tmp_path, 40, **fields).run(budget=budget).report
        spent = endpoint.billed() - before
        assert spent <= budget + 1e-9
        if report.interrupted:
            assert report.stopped == "the budget"
            assert "stopped by the budget, $" in str(report)
            # Less than the dearest question can cost: that of the judge, with its long prompt.
            assert budget - report.cost < (6000 * PRICE[0] + 300 * PRICE[1]) / 1e6
        runs.append(report)
        assert len(runs) < 60
    assert len(runs) > 1
    total = sum(report.cost for report in runs)
    if not seed % 2:
        assert total == pytest.approx(endpoint.billed(), rel=1e-9)
    assert sum(report.asked for report in runs) == 3 * 40
    stats = endpoint.stats()
    assert stats["questions"] == 3 * 40
    assert stats["repeats"] == 0
    assert runs[-1].rows == 40


def test_a_budget_holds_for_a_model_that_is_asked_once_for_each_answer(
    serve: Serve, tmp_path: Path
) -> None:
    endpoint = serve(latency=Latency.parse("uniform:0:0.005"))
    anthropic = AnthropicLLM(
        model="m",
        base_url=endpoint.url,
        api_key="none",
        price=PRICE,
    )
    with Pipeline("anthropic", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(30))
        load >> TextGeneration(llm=anthropic, num_generations=3, group_generations=True)
    spent = 0.0
    for _ in range(20):
        report = pipeline.run(budget=0.03).report
        spent += report.cost
        assert endpoint.billed() == pytest.approx(spent, rel=1e-9)
        assert report.cost <= 0.03
        if not report.interrupted:
            break
    assert report.rows == 30
    assert endpoint.stats()["answered"] == 90


def test_a_budget_that_is_enough_stops_nothing(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve()
    report = judged(endpoint, tmp_path, 5, price=PRICE).run(budget=100).report
    assert not report.interrupted
    assert (report.rows, report.stopped) == (5, "")


def test_what_is_kept_is_given_out_under_any_budget(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve()
    judged(endpoint, tmp_path, 5, price=PRICE).run()
    again = judged(endpoint, tmp_path, 5, price=PRICE).run(budget=1e-9).report
    assert (again.reused, again.rows, again.interrupted) == (15, 5, False)


def test_a_budget_too_small_for_one_question_asks_nothing(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve()
    distiset = judged(endpoint, tmp_path, 5, price=PRICE).run(budget=1e-6)
    assert distiset.report.stopped == "the budget"
    assert endpoint.stats()["requests"] == 0


class Own(LLM):
    """A model of a user's, that answers a list at a time."""

    @property
    def model_name(self) -> str:
        return "own"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        counts = {"input_tokens": [100], "output_tokens": [1000]}
        return [{"generations": ["a"] * num_generations, "statistics": counts} for _ in inputs]


def test_a_budget_holds_for_a_model_of_ones_own(tmp_path: Path) -> None:
    with Pipeline("own", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="write", llm=Own(price=(1, 1)), input_batch_size=5)
    report = pipeline.run(dataset=rows(50), budget=0.02).report
    assert report.stopped == "the budget"
    # One answer costs 0.0011; what the next one may cost, by its length unlimited, 0.0041 and more.
    assert 0.02 - 0.0045 < report.cost <= 0.02
    assert report.cost == pytest.approx(report.asked * 0.0011)


def test_a_budget_needs_every_price_before_anything_is_asked(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve()
    with pytest.raises(DistilabelUserError) as caught:
        judged(endpoint, tmp_path, 5).run(budget=1.0)
    message = str(caught.value)
    for text in ("small (in small)", "large (in large)", "judge (in judge)", "price=(0, 0)"):
        assert text in message
    assert endpoint.stats()["requests"] == 0


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), "5", True])
def test_a_budget_is_an_amount(tmp_path: Path, budget: Any) -> None:
    with Pipeline("amount", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM())
    with pytest.raises(ValueError, match=r"is not valid\. Set an amount of US dollars"):
        pipeline.run(dataset=rows(1), budget=budget)
