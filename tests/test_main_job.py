"""The main job over real HTTP: what is asked, what a rerun asks again, what bad input costs.

Two models answer and a third one judges. The endpoint is the public simulated one, which counts
the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.distiset import Distiset
from distilabel.errors import EndpointError
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration, UltraFeedback
from endpoint import Endpoint

KEY = "sk-rehearsal-0123456789"
ROWS = 30


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint(Settings(api_key=KEY, models=("small", "large", "judge")))
    yield server
    server.close()


def llm(endpoint: Endpoint, model: str, **fields: Any) -> OpenAILLM:
    return OpenAILLM(**{"model": model, "base_url": endpoint.url, "api_key": KEY, **fields})


def rows(count: int = ROWS) -> list[dict[str, str]]:
    return [{"instruction": f"Explain thing number {i} to a friend."} for i in range(count)]


def preference_pipeline(
    endpoint: Endpoint,
    cache: Path,
    *,
    data: list[dict[str, str]] | None = None,
    judge: type[UltraFeedback] = UltraFeedback,
) -> Pipeline:
    with Pipeline("preferences", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows() if data is None else data)
        small = TextGeneration(name="small", llm=llm(endpoint, "small"))
        large = TextGeneration(name="large", llm=llm(endpoint, "large"))
        group = GroupColumns(
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judged = judge(name="judge", llm=llm(endpoint, "judge"))
        keep = KeepColumns(
            columns=["instruction", "generations", "generation_models", "ratings", "rationales"]
        )
        load >> [small, large] >> group >> judged >> keep
    return pipeline


def train(distiset: Distiset) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = distiset["default"]["train"].to_list()
    return found


class StricterJudge(UltraFeedback):
    """The same judge with another prompt."""

    def format_input(self, input: dict[str, Any]) -> Any:
        chat: Any = super().format_input(input)
        return [*chat[:-1], {**chat[-1], "content": chat[-1]["content"] + "\nBe strict."}]


class DoublingJudge(UltraFeedback):
    """The same judge with another parser."""

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        columns = super().format_output(output, input)
        return {**columns, "ratings": [rating and 2 * rating for rating in columns["ratings"]]}


def test_every_row_is_judged_and_in_order(endpoint: Endpoint, tmp_path: Path) -> None:
    distiset = preference_pipeline(endpoint, tmp_path).run()
    made = train(distiset)
    assert [row["instruction"] for row in made] == [row["instruction"] for row in rows()]
    for row in made:
        assert row["generation_models"] == ["small", "large"]
        assert all(rating in range(1, 6) for rating in row["ratings"])
        assert len(row["rationales"]) == 2
    assert distiset.failures == []
    assert distiset.report.balanced
    assert distiset.report.asked == endpoint.asked() == 3 * ROWS


def test_a_rerun_asks_nothing_and_returns_the_same_rows(endpoint: Endpoint, tmp_path: Path) -> None:
    first = preference_pipeline(endpoint, tmp_path).run()
    asked = endpoint.asked()
    again = preference_pipeline(endpoint, tmp_path).run()
    assert endpoint.asked() == asked
    assert again.report.reused == 3 * ROWS
    assert train(again) == train(first)


def test_another_prompt_of_the_judge_asks_only_the_judge(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    preference_pipeline(endpoint, tmp_path).run()
    asked = endpoint.asked()
    again = preference_pipeline(endpoint, tmp_path, judge=StricterJudge).run()
    assert endpoint.asked() == asked + ROWS
    assert again.report.steps["judge"].answered == ROWS
    assert again.report.steps["small"].answered == again.report.steps["large"].answered == 0


def test_another_parser_of_the_judge_asks_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    before = train(preference_pipeline(endpoint, tmp_path).run())
    asked = endpoint.asked()
    after = train(preference_pipeline(endpoint, tmp_path, judge=DoublingJudge).run())
    assert endpoint.asked() == asked
    for old, new in zip(before, after, strict=True):
        assert new["ratings"] == [2 * rating for rating in old["ratings"]]


def test_more_rows_ask_only_for_themselves(endpoint: Endpoint, tmp_path: Path) -> None:
    preference_pipeline(endpoint, tmp_path).run()
    asked = endpoint.asked()
    more = preference_pipeline(endpoint, tmp_path, data=rows(ROWS + 5)).run()
    assert endpoint.asked() == asked + 3 * 5
    assert len(train(more)) == ROWS + 5


def test_without_the_cache_everything_is_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    preference_pipeline(endpoint, tmp_path).run()
    asked = endpoint.asked()
    preference_pipeline(endpoint, tmp_path).run(use_cache=False)
    assert endpoint.asked() == 2 * asked


def _missing_column(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instrution": "a typing mistake"}])
        load >> TextGeneration(llm=llm(endpoint, "small"))
    pipeline.run()


def _repeated_name(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache):
        TextGeneration(name="generate", llm=llm(endpoint, "small"))
        TextGeneration(name="generate", llm=llm(endpoint, "large"))


def _cycle(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache):
        first, second = KeepColumns(columns=["a"]), KeepColumns(columns=["a"])
        first >> second >> first


def _unknown_parameter(endpoint: Endpoint, cache: Path) -> None:
    preference_pipeline(endpoint, cache).run(
        parameters={"small": {"llm": {"generation_kwargs": {"temprature": 0.7}}}}
    )


def _wrong_key(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows())
        load >> TextGeneration(llm=llm(endpoint, "small", api_key="sk-not-the-right-one"))
    pipeline.run()


def _unreachable(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows())
        load >> TextGeneration(llm=llm(endpoint, "small", base_url="http://127.0.0.1:9/v1"))
    pipeline.run()


def _empty_dataset(endpoint: Endpoint, cache: Path) -> None:
    preference_pipeline(endpoint, cache, data=[]).run()


def _unknown_model(endpoint: Endpoint, cache: Path) -> None:
    with Pipeline("bad", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows())
        load >> TextGeneration(llm=llm(endpoint, "smal"))
    pipeline.run()


@pytest.mark.parametrize(
    ("mistake", "kind", "words"),
    [
        (_missing_column, ValueError, ["instruction", "instrution", "text_generation_0"]),
        (_repeated_name, ValueError, ["generate", "another name"]),
        (_cycle, ValueError, ["cycle", "keep_columns_1", "keep_columns_0"]),
        (_unknown_parameter, ValueError, ["temprature", "did you mean 'temperature'", "small"]),
        (_wrong_key, EndpointError, ["key", "401", "api_key"]),
        (_unreachable, EndpointError, ["127.0.0.1:9", "base_url"]),
        (_empty_dataset, ValueError, ["no rows", "load_data_from_dicts_0"]),
        (_unknown_model, EndpointError, ["'smal'", "did you mean 'small'"]),
    ],
)
def test_bad_input_gets_one_clear_message_and_costs_nothing(
    endpoint: Endpoint,
    tmp_path: Path,
    mistake: Callable[[Endpoint, Path], None],
    kind: type[Exception],
    words: list[str],
) -> None:
    with pytest.raises(kind) as caught:
        mistake(endpoint, tmp_path)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert KEY not in message
    assert "sk-not-the-right-one" not in message
    assert endpoint.asked() == 0


def test_several_mistakes_are_reported_together(endpoint: Endpoint, tmp_path: Path) -> None:
    pipeline = preference_pipeline(endpoint, tmp_path, data=[{"prompt": "a"}])
    with pytest.raises(ValueError, match="has 5 problems") as caught:
        pipeline.run(parameters={"judge": {"num_generation": 2}})
    message = str(caught.value)
    assert "did you mean 'num_generations'" in message
    assert "'instruction'" in message
    assert endpoint.asked() == 0


def test_no_key_reaches_a_file(endpoint: Endpoint, tmp_path: Path) -> None:
    distiset = preference_pipeline(endpoint, tmp_path / "cache").run()
    distiset.save_to_disk(tmp_path / "saved")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
