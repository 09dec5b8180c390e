"""A preference dataset of conversations: three models answer the last message, a judge rates them.

Each conversation of several turns is split into everything before its last answer, and that answer,
which is kept beside those of the models. The judge sees the whole conversation.

As it is, the models are simulated and the conversations are those below. For real ones, start the
three models with vLLM and set OPENAI_API_KEY for the judge:

    python examples/capybara_preferences.py --real
"""

import argparse
from typing import Any

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import (
    GroupColumns,
    KeepColumns,
    LoadDataFromDicts,
    LoadDataFromHub,
    StepInput,
    step,
)
from distilabel.steps.tasks import ChatGeneration, UltraFeedback
from distilabel.typing import StepOutput

MODELS = {
    "openhermes": "teknium/OpenHermes-2.5-Mistral-7B",
    "notus": "argilla/notus-7b-v1",
    "neuralbeagle": "mlabonne/NeuralBeagle14-7B",
}
ORIGINAL = "original"
CONVERSATIONS = [
    {
        "source": "example",
        "conversation": [
            {
                "input": f"What do {animal} eat?",
                "output": f"It depends on where the {animal} live, and on the season.",
            },
            {
                "input": "And in winter?",
                "output": f"In winter, {animal} eat what they have stored, or little.",
            },
        ],
    }
    for animal in ("owls", "squirrels", "bears", "whales", "foxes")
]


@step(inputs=["conversation"], outputs=["messages", "original_generation"])
def FormatMessages(inputs: StepInput) -> StepOutput:
    """Splits a conversation into the messages before its last answer, and that answer.

    Conversations without a turn are dropped.
    """
    rows = []
    for row in inputs:
        messages = []
        for turn in row["conversation"] or ():
            messages.append({"role": "user", "content": turn["input"].strip()})
            messages.append({"role": "assistant", "content": turn["output"].strip()})
        if messages:
            last = messages.pop()
            rows.append({**row, "messages": messages, "original_generation": last["content"]})
    yield rows


@step(inputs=["original_generation"], outputs=["generation", "generation_model"])
def PreserveGeneration(inputs: StepInput) -> StepOutput:
    """Makes the original answer one of the answers to rate."""
    for row in inputs:
        row["generation"] = row["original_generation"]
        row["generation_model"] = ORIGINAL
    yield inputs


@step(inputs=["messages"], outputs=["instruction"])
def PrepareInstruction(inputs: StepInput) -> StepOutput:
    """Writes the whole conversation into the instruction of the judge."""
    names = {"user": "User", "assistant": "Assistant", "system": "System"}
    for row in inputs:
        turns = [f"{names[each['role']]}: {each['content']}" for each in row["messages"]]
        row["instruction"] = "\n\n".join(turns)
    yield inputs


def capybara_preferences(
    llms: dict[str, LLM], judge: LLM, rows: list[dict[str, Any]] | None = None
) -> Pipeline:
    """Returns the pipeline.

    Args:
        llms: Name of each step → model that answers there.
        judge: Model that rates the answers.
        rows: Rows with a `conversation`, a list of turns with `input` and `output`; None to load
            them.
    """
    with Pipeline(name="capybara-preferences") as pipeline:
        load_dataset = (
            LoadDataFromHub(name="load_dataset", repo_id="LDJnr/Capybara", split="train")
            if rows is None
            else LoadDataFromDicts(name="load_dataset", data=rows)
        )
        format_messages = FormatMessages(name="format_messages")
        answers = [
            ChatGeneration(name=name, llm=llm, output_mappings={"model_name": "generation_model"})
            for name, llm in llms.items()
        ]
        preserve_generation = PreserveGeneration(name="preserve_generation")
        combine = GroupColumns(
            name="combine_columns",
            columns=["generation", "generation_model"],
            output_columns=["generations", "generation_models"],
        )
        prepare_instruction = PrepareInstruction(name="prepare_instruction")
        rate = UltraFeedback(
            name="ultrafeedback",
            llm=judge,
            aspect="overall-rating",
            output_mappings={"model_name": "ultrafeedback_model"},
        )
        keep_columns = KeepColumns(
            name="keep_columns",
            columns=[
                "messages",
                "generations",
                "generation_models",
                "ratings",
                "rationales",
                "ultrafeedback_model",
            ],
        )
        load_dataset >> format_messages >> [preserve_generation, *answers] >> combine
        combine >> prepare_instruction >> rate >> keep_columns
    return pipeline


def main() -> None:
    """Makes the dataset and says how often the original answer was rated highest."""
    parser = argparse.ArgumentParser(description="Rate answers in conversations.")
    parser.add_argument("--real", action="store_true", help="use LDJnr/Capybara and real models")
    options = parser.parse_args()
    llms: dict[str, LLM] = {}
    for port, (name, model) in enumerate(MODELS.items(), start=8000):
        llms[name] = (
            OpenAILLM(model=model, base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
            if options.real
            else SimulatedLLM(model=model)
        )
    judge: LLM = OpenAILLM(model="gpt-4-turbo") if options.real else SimulatedLLM()
    rows = None if options.real else CONVERSATIONS
    distiset = capybara_preferences(llms, judge, rows).run()
    best = 0
    for row in distiset["default"]["train"]:
        rated = dict(zip(row["generation_models"], row["ratings"], strict=True))
        ratings = [rating for rating in rated.values() if rating is not None]
        best += bool(ratings) and rated[ORIGINAL] == max(ratings)
    print(f"The original answer is rated highest in {best} conversations.")
    distiset.save_to_disk("capybara-preferences")


if __name__ == "__main__":
    main()
