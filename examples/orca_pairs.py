"""Cleans a preference dataset: a judge rates both answers of each pair, and pairs are corrected.

The pair is shown in a shuffled order, so that the judge cannot tell which answer was chosen. A pair
is `unchanged` if the judge agrees, `swapped` if it prefers the other answer, and a `tie` if it
rates both alike. Ties and questions of an evaluation set are removed.

As it is, the judge is simulated and the pairs are those below. For real ones, set OPENAI_API_KEY:

    python examples/orca_pairs.py --real
"""

import argparse
import random
from typing import Any

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, LoadDataFromHub, StepInput, step
from distilabel.steps.tasks import UltraFeedback
from distilabel.typing import StepOutput

PAIRS = [
    {
        "system": "",
        "question": f"Name {number} {thing} and say where they live.",
        "chosen": f"Here are {number} {thing}, each with the region where it is found.",
        "rejected": f"There are many {thing}.",
    }
    for number in range(2, 12)
    for thing in ("owls", "whales")
]


@step(inputs=["question", "chosen", "rejected"], outputs=["input", "generations", "order"])
def ShufflePair(inputs: StepInput, seed: RuntimeParameter[int] = 42) -> StepOutput:
    """Puts the two answers into a random order, which depends only on the seed and the pair."""
    for row in inputs:
        order = ["chosen", "rejected"]
        random.Random(f"{seed}:{row['question']}:{row['chosen']}").shuffle(order)
        row["input"] = row["question"]
        row["generations"] = [row[name] for name in order]
        row["order"] = order
    yield inputs


@step(
    inputs=["rating", "order", "chosen", "rejected"],
    outputs=[
        "status",
        "chosen",
        "rejected",
        "chosen_score",
        "original_chosen",
        "original_rejected",
    ],
)
def CorrectPair(inputs: StepInput) -> StepOutput:
    """Says whether the judge agrees with the pair, and swaps it if not."""
    for row in inputs:
        ratings = dict(zip(row["order"], row["rating"] or [None, None], strict=True))
        chosen, rejected = ratings["chosen"], ratings["rejected"]
        row["original_chosen"], row["original_rejected"] = row["chosen"], row["rejected"]
        if chosen is None or rejected is None:
            row["status"] = "unrated"
        elif chosen == rejected:
            row["status"] = "tie"
        else:
            row["status"] = "unchanged" if chosen > rejected else "swapped"
        if row["status"] == "swapped":
            row["chosen"], row["rejected"] = row["rejected"], row["chosen"]
        rated = [rating for rating in (chosen, rejected) if rating is not None]
        row["chosen_score"] = max(rated, default=None)
    yield inputs


@step(inputs=["status", "question"], outputs=["status"])
def RemovePairs(inputs: StepInput, leaked: RuntimeParameter[list[str]]) -> StepOutput:
    """Removes ties, pairs without ratings, and questions of an evaluation set."""
    known = {" ".join(question.lower().split()) for question in leaked}
    yield [
        row
        for row in inputs
        if row["status"] in ("unchanged", "swapped")
        and " ".join(row["question"].lower().split()) not in known
    ]


def orca_pairs(
    llm: LLM, rows: list[dict[str, Any]] | None = None, leaked: list[str] | None = None
) -> Pipeline:
    """Returns the pipeline.

    Args:
        llm: The judge.
        rows: Pairs with `system`, `question`, `chosen` and `rejected`; None to load them.
        leaked: Questions of an evaluation set, which are removed.
    """
    with Pipeline(name="orca-pairs") as pipeline:
        load_dataset = (
            LoadDataFromHub(name="load_dataset", repo_id="Intel/orca_dpo_pairs", split="train")
            if rows is None
            else LoadDataFromDicts(name="load_dataset", data=rows)
        )
        shuffle_pair = ShufflePair(name="shuffle_pair")
        judge = UltraFeedback(
            name="judge",
            llm=llm,
            aspect="overall-rating",
            input_mappings={"instruction": "input"},
            output_mappings={
                "ratings": "rating",
                "rationales": "rationale",
                "model_name": "labelling_model",
            },
        )
        correct_pair = CorrectPair(name="correct_pair")
        remove_pairs = RemovePairs(name="remove_pairs", leaked=leaked or [])
        load_dataset >> shuffle_pair >> judge >> correct_pair >> remove_pairs
    return pipeline


def main() -> None:
    """Cleans the pairs and says what was done to them."""
    parser = argparse.ArgumentParser(description="Clean a preference dataset with a judge.")
    parser.add_argument("--real", action="store_true", help="judge Intel/orca_dpo_pairs for real")
    options = parser.parse_args()
    llm: LLM = OpenAILLM(model="gpt-4o") if options.real else SimulatedLLM()
    distiset = orca_pairs(llm, None if options.real else PAIRS).run()
    rows = distiset["default"]["train"]
    for status in ("unchanged", "swapped"):
        print(f"{status}: {rows['status'].count(status)}")
    distiset.save_to_disk("orca-pairs")


if __name__ == "__main__":
    main()
