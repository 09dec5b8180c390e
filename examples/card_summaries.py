"""Summarizes dataset cards: three models write a summary, a fourth rates each one, people decide.

The rows go to the Hub, and to Argilla, where people see the ratings of the judge as suggestions.
All generation arguments are passed when the pipeline is run.

As it is, all models are simulated, and the cards are those below. For real ones, set HF_TOKEN, and
ARGILLA_API_URL and ARGILLA_API_KEY for Argilla:

    python examples/card_summaries.py --real --argilla card-summaries --push OWNER/NAME

When people have answered, run the same with --answers: no request is repeated, and the ratings of
people take the place of those of the judge.
"""

import argparse
import re
from typing import Any, Optional

from distilabel.distiset import Distiset
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models import InferenceEndpointsLLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import (
    GroupColumns,
    LoadDataFromDicts,
    LoadDataFromHub,
    PreferenceToArgilla,
    StepInput,
    step,
)
from distilabel.steps.tasks import TextGeneration, UltraFeedback
from distilabel.typing import StepOutput

CARDS = "librarian-bots/dataset_cards_with_metadata"
SYSTEM_PROMPT = "You describe datasets in one plain sentence, for people who have never seen them."
MODELS = {
    "llama_summary": "meta-llama/Meta-Llama-3-70B-Instruct",
    "mixtral_summary": "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "zephyr_summary": "HuggingFaceH4/zephyr-orpo-141b-A35b-v0.1",
}
SAMPLE = [
    {
        "datasetId": f"me/{thing}",
        "card": "---\nlicense: cc0-1.0\n---\n# Sightings\n\n"
        + f"{number} sightings of {thing}, with the place and the hour of each. " * 4,
    }
    for number, thing in enumerate(["owls", "hawks", "kites", "harriers"], 200)
]


@step(inputs=["card"], outputs=["card"])
def CardFilter(inputs: StepInput, min_length: RuntimeParameter[int] = 200) -> StepOutput:
    """Drops cards without content: empty templates, and very short ones."""
    yield [
        row
        for row in inputs
        if len(row["card"]) >= min_length and "[More Information Needed]" not in row["card"]
    ]


@step(inputs=["card"], outputs=["instruction"])
def FormatInputCard(inputs: StepInput) -> StepOutput:
    """Removes the metadata of a card and writes the instruction."""
    for row in inputs:
        text = re.sub(r"\A---\n.*?\n---\n", "", row["card"], flags=re.DOTALL)
        row["instruction"] = f"Summarise this dataset card in one sentence:\n\n{text.strip()}"
        row["system_prompt"] = SYSTEM_PROMPT
    yield inputs


@step(inputs=["ratings"], outputs=["ratings"])
def RemoveBadRatings(inputs: StepInput) -> StepOutput:
    """Drops rows with an unrated answer."""
    yield [row for row in inputs if row["ratings"] and None not in row["ratings"]]


class SummariesToArgilla(PreferenceToArgilla):
    """Asks one more question about each card."""

    def _rating_rationale_pairs(self) -> list[Any]:
        question = self._argilla().LabelQuestion(
            name="card",
            title="Does the card say enough for a summary?",
            labels=["yes", "no"],
            required=False,
        )
        return [*super()._rating_rationale_pairs(), question]


def card_summaries(
    models: dict[str, LLM],
    judge: LLM,
    rows: Optional[list[dict[str, Any]]] = None,
    argilla_dataset: Optional[str] = None,
) -> Pipeline:
    """Returns the pipeline.

    Args:
        models: Name of the step → the model that writes a summary.
        judge: The model that rates the summaries.
        rows: Rows with a `card`; None to load them from the Hub.
        argilla_dataset: Dataset of Argilla to show the rows in; None for none.
    """
    with Pipeline(name="dataset-card-summaries") as pipeline:
        load_dataset = (
            LoadDataFromHub(name="load_dataset", repo_id=CARDS, split="train")
            if rows is None
            else LoadDataFromDicts(name="load_dataset", data=rows)
        )
        card_filter = CardFilter(name="card_filter")
        format_input_card = FormatInputCard(name="format_input_card")
        summaries = [
            TextGeneration(
                name=name,
                llm=llm,
                use_system_prompt=True,
                input_batch_size=2,
                output_mappings={"model_name": "generation_model"},
            )
            for name, llm in models.items()
        ]
        combine_columns = GroupColumns(
            name="combine_columns",
            columns=["generation", "generation_model"],
            output_columns=["generations", "generation_models"],
        )
        ultrafeedback = UltraFeedback(
            name="ultrafeedback", aspect="instruction-following", llm=judge
        )
        remove_bad_ratings = RemoveBadRatings(name="remove_bad_ratings")
        load_dataset >> card_filter >> format_input_card >> summaries >> combine_columns
        combine_columns >> ultrafeedback >> remove_bad_ratings
        if argilla_dataset is not None:
            to_argilla = SummariesToArgilla(
                name="to_argilla",
                num_generations=len(models),
                dataset_name=argilla_dataset,
                guidelines="A good summary says in one sentence what the rows of the dataset are.",
            )
            remove_bad_ratings >> to_argilla
    return pipeline


def parameters(num_examples: int) -> dict[str, Any]:
    """Returns the arguments of the run: of the loader, and of every model.

    Args:
        num_examples: Number of cards.
    """
    summary = {"max_new_tokens": 512, "temperature": 0.7, "do_sample": True}
    llama = {**summary, "stop_sequences": ["<|eot_id|>"]}
    judge = {"max_new_tokens": 1024, "temperature": 0.1}
    return {
        "load_dataset": {"num_examples": num_examples},
        "llama_summary": {"llm": {"generation_kwargs": llama}},
        "mixtral_summary": {"llm": {"generation_kwargs": summary}},
        "zephyr_summary": {"llm": {"generation_kwargs": summary}},
        "ultrafeedback": {"llm": {"generation_kwargs": judge}},
    }


def main() -> None:
    """Makes the dataset; shows, pushes and completes it as asked."""
    parser = argparse.ArgumentParser(description="Summarize dataset cards.")
    parser.add_argument("--real", action="store_true", help="ask real models about real cards")
    parser.add_argument("--argilla", metavar="DATASET", help="show the rows in Argilla")
    parser.add_argument("--answers", action="store_true", help="use what people answered there")
    parser.add_argument("--push", metavar="OWNER/NAME", help="push the dataset to the Hub")
    options = parser.parse_args()
    if options.real:
        models: dict[str, LLM] = {
            name: InferenceEndpointsLLM(model_id=model_id) for name, model_id in MODELS.items()
        }
        judge: LLM = InferenceEndpointsLLM(model_id=MODELS["llama_summary"])
        pipeline = card_summaries(models, judge, None, options.argilla)
        distiset: Distiset = pipeline.run(parameters=parameters(num_examples=600))
    else:
        models = {name: SimulatedLLM(model=model_id) for name, model_id in MODELS.items()}
        distiset = card_summaries(models, SimulatedLLM(), SAMPLE, options.argilla).run()
    if options.answers:
        distiset = distiset.with_argilla(options.argilla, into_ratings=True)
    if options.push:
        distiset.push_to_hub(options.push, include_script=True)
    distiset.save_to_disk("card-summaries")


if __name__ == "__main__":
    main()
