"""Summarizes dataset cards: three models write a summary, a fourth rates each one.

Combines custom and built-in steps; all generation arguments are passed when the pipeline is run.
Needs a Hugging Face token in HF_TOKEN. To rehearse without one, see docs/simulate.md.
"""

import re

from distilabel.models import InferenceEndpointsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, LoadDataFromHub, StepInput, step
from distilabel.steps.tasks import TextGeneration, UltraFeedback
from distilabel.typing import StepOutput

SYSTEM_PROMPT = "You describe datasets in one plain sentence, for people who have never seen them."


@step(inputs=["card"], outputs=["card"])
def CardFilter(inputs: StepInput, min_length: int = 200) -> StepOutput:
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
    yield [row for row in inputs if None not in row["ratings"]]


with Pipeline(name="dataset-card-summaries") as pipeline:
    load_dataset = LoadDataFromHub(
        name="load_dataset", repo_id="librarian-bots/dataset_cards_with_metadata", split="train"
    )
    card_filter = CardFilter(name="card_filter")
    format_input_card = FormatInputCard(name="format_input_card")

    summaries = [
        TextGeneration(
            name=name,
            llm=InferenceEndpointsLLM(model_id=model_id),
            use_system_prompt=True,
            input_batch_size=2,
            output_mappings={"model_name": "generation_model"},
        )
        for name, model_id in {
            "llama_summary": "meta-llama/Meta-Llama-3-70B-Instruct",
            "mixtral_summary": "mistralai/Mixtral-8x7B-Instruct-v0.1",
            "zephyr_summary": "HuggingFaceH4/zephyr-orpo-141b-A35b-v0.1",
        }.items()
    ]

    combine_columns = GroupColumns(
        name="combine_columns",
        columns=["generation", "generation_model"],
        output_columns=["generations", "generation_models"],
    )
    ultrafeedback = UltraFeedback(
        name="ultrafeedback",
        aspect="instruction-following",
        llm=InferenceEndpointsLLM(model_id="meta-llama/Meta-Llama-3-70B-Instruct"),
    )
    remove_bad_ratings = RemoveBadRatings(name="remove_bad_ratings")

    load_dataset >> card_filter >> format_input_card >> summaries >> combine_columns
    combine_columns >> ultrafeedback >> remove_bad_ratings

if __name__ == "__main__":
    summary_kwargs = {"max_new_tokens": 512, "temperature": 0.7, "do_sample": True}
    distiset = pipeline.run(
        parameters={
            "load_dataset": {"num_examples": 600},
            "llama_summary": {
                "llm": {"generation_kwargs": {**summary_kwargs, "stop_sequences": ["<|eot_id|>"]}}
            },
            "mixtral_summary": {"llm": {"generation_kwargs": summary_kwargs}},
            "zephyr_summary": {"llm": {"generation_kwargs": summary_kwargs}},
            "ultrafeedback": {
                "llm": {"generation_kwargs": {"max_new_tokens": 1024, "temperature": 0.1}}
            },
        }
    )
    distiset.save_to_disk("card-summaries")
