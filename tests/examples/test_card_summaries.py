"""The example that summarizes dataset cards: through the Hub, four models, Argilla, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel._simulated.server.settings import Settings
from endpoint import Endpoint
from hub import Hub

EXAMPLE = Path(__file__).parents[2] / "examples" / "card_summaries.py"

# Everything the program does, in its own process: the client of the Hub reads its address once.
CODE = """
import runpy
import pytest
from datasets import Dataset, load_dataset
from distilabel.models import InferenceEndpointsLLM
from distilabel.models.base_clients import inference_endpoints
from fake_argilla import install

inference_endpoints.HF_ROUTER = {url!r}
server = install(pytest.MonkeyPatch())
example = runpy.run_path({example!r})
cards = [*example["SAMPLE"], {{"datasetId": "me/empty", "card": "[More Information Needed]" * 20}}]
Dataset.from_list(cards).push_to_hub("tester/cards")

def model(name):
    return InferenceEndpointsLLM(model_id=name, api_key="none")

def pipeline():
    models = {{name: model(model_id) for name, model_id in example["MODELS"].items()}}
    return example["card_summaries"](models, model("judge"), None, "cards")

parameters = example["parameters"](num_examples=10)
parameters["load_dataset"]["repo_id"] = "tester/cards"
made = pipeline().run(parameters=parameters)
dataset = server.datasets["cards"]
first = next(iter(dataset.kept))
dataset.answer(first, "u1", {{"generations-2-rating": 5, "card": "yes"}})
shown = [vars(record) for record in dataset.kept.values()]

# The variant of the step is the program's own class: its rows are logged again all the same.
again = pipeline().run(parameters=parameters)
answered = again.with_argilla("cards", into_ratings=True)
answered.push_to_hub("tester/summaries", include_script=True)
result = {{
    "questions": [question.name for question in dataset.settings.questions],
    "records": len(dataset.kept),
    "suggestions": [len(record["suggestions"]) for record in shown],
    "stale": answered.stale_answers,
    "rows": load_dataset("tester/summaries", split="train").to_list(),
}}
"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(Settings())
    yield endpoint
    endpoint.close()


def test_cards_are_summarized_shown_to_people_and_pushed(
    hub: Hub, endpoint: Endpoint, tmp_path: Path
) -> None:
    code = CODE.format(example=str(EXAMPLE), url=endpoint.url)
    result = hub.run(code, tmp_path)
    rows = result["rows"]
    # Four cards, three summaries and a judgement each; the second run asks nothing.
    assert endpoint.asked() == 16
    assert (len(rows), result["records"], result["stale"]) == (4, 4, [])
    assert result["questions"] == [
        *(f"generations-{i}-{kind}" for i in range(3) for kind in ("rating", "rationale")),
        "card",
    ]
    assert result["suggestions"] == [6, 6, 6, 6]
    for row in rows:
        assert row["generation_models"] == [
            "meta-llama/Meta-Llama-3-70B-Instruct",
            "mistralai/Mixtral-8x7B-Instruct-v0.1",
            "HuggingFaceH4/zephyr-orpo-141b-A35b-v0.1",
        ]
        assert row["instruction"].startswith("Summarise this dataset card")
        assert "license" not in row["instruction"]
        assert row["system_prompt"]
    (answered,) = [row for row in rows if row["human_count"]]
    assert answered["ratings"] == [*answered["judge_ratings"][:2], 5]
    assert [answer["value"] for answer in answered["human_answers"]] == ["5", '"yes"']
    card = hub.repos["tester/summaries"].files["README.md"].decode()
    assert "- distilabel" in card
