"""A preference dataset: two models answer, two judges rate the answers, people may review them.

The second judge is there to be compared: how often do both prefer the same answer? A judge that
agrees with another one may still be wrong; see docs/judges.md for measuring it against people.

As it is, the models are simulated and the prompts are those below. For real ones, set HF_TOKEN for
the models and OPENAI_API_KEY for the second judge:

    python examples/preference_dataset.py --real

To have people review the ratings, set ARGILLA_API_URL and ARGILLA_API_KEY and add
`--argilla DATASET`; to publish the dataset, add `--push-to OWNER/NAME`.
"""

import argparse
from itertools import combinations
from typing import Any

from distilabel.models import InferenceEndpointsLLM, OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.quality import kappa
from distilabel.steps import (
    CombineOutputs,
    GroupColumns,
    KeepColumns,
    LoadDataFromDicts,
    LoadDataFromHub,
    PreferenceToArgilla,
)
from distilabel.steps.tasks import TextGeneration, UltraFeedback

SMALL = "meta-llama/Meta-Llama-3-8B-Instruct"
LARGE = "meta-llama/Meta-Llama-3-70B-Instruct"
OTHER_JUDGE = "gpt-4-turbo"
PROMPTS = [
    {"prompt": f"{verb} {thing} to a friend who has never seen any."}
    for verb in ("Describe", "Recommend", "Explain the use of")
    for thing in ("owls", "lighthouses", "sourdough", "haiku", "bicycles", "star maps")
]


def preference_dataset(
    small: LLM,
    large: LLM,
    judge: LLM,
    other_judge: LLM,
    rows: list[dict[str, Any]] | None = None,
    argilla: str | None = None,
) -> Pipeline:
    """Returns the pipeline.

    Args:
        small: Model that answers.
        large: Another model that answers.
        judge: Model that rates both answers; its ratings are those of the dataset.
        other_judge: Model that rates them as well, to be compared.
        rows: Rows with a `prompt`; None to load them from the Hub.
        argilla: Dataset in Argilla for people's review; None for no review.
    """
    mappings = {"prompt": "instruction"}
    with Pipeline(name="generate-preference-dataset") as pipeline:
        load_dataset = (
            LoadDataFromHub(
                name="load_dataset",
                repo_id="DIBT/10k_prompts_ranked",
                split="train",
                num_examples=500,
                output_mappings=mappings,
            )
            if rows is None
            else LoadDataFromDicts(name="load_dataset", data=rows, output_mappings=mappings)
        )
        answers = [
            TextGeneration(name=name, llm=llm, output_mappings={"model_name": "generation_model"})
            for name, llm in {"generate_small": small, "generate_large": large}.items()
        ]
        combine_generations = GroupColumns(
            name="combine_generations",
            columns=["generation", "generation_model"],
            output_columns=["generations", "generation_models"],
        )
        rate = UltraFeedback(
            name="judge",
            aspect="overall-rating",
            llm=judge,
            output_mappings={"model_name": "judge_model"},
        )
        rate_again = UltraFeedback(
            name="other_judge",
            aspect="overall-rating",
            llm=other_judge,
            output_mappings={
                "ratings": "other_ratings",
                "rationales": "other_rationales",
                "model_name": "other_judge_model",
            },
        )
        keep_columns = KeepColumns(
            name="keep_columns",
            columns=[
                "instruction",
                "generations",
                "generation_models",
                "ratings",
                "rationales",
                "judge_model",
                "other_ratings",
                "other_judge_model",
            ],
        )
        # Side by side: the second judge would replace the ratings of the first.
        join = CombineOutputs(name="join")
        load_dataset >> answers >> combine_generations >> [rate, rate_again] >> join
        join >> keep_columns
        if argilla is not None:
            to_argilla = PreferenceToArgilla(
                name="to_argilla", num_generations=len(answers), dataset_name=argilla
            )
            keep_columns >> to_argilla
    return pipeline


def compare(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Returns how well two judges agree.

    Args:
        rows: Rows with `ratings` and `other_ratings`.

    Returns:
        `ratings`, the number of texts that both rated; `same`, the share of equal ratings; `kappa`,
        weighted by the square of the difference; `pairs`, the number of pairs of texts; and
        `same_preference`, the share of pairs of which both prefer the same text, or neither.
    """
    ratings: list[tuple[int, int]] = []
    preferences = []
    for row in rows:
        both = zip(row["ratings"] or [], row["other_ratings"] or [], strict=False)
        rated = [(one, other) for one, other in both if one is not None and other is not None]
        ratings += rated
        for first, second in combinations(rated, 2):
            one, other = (_sign(first[judge] - second[judge]) for judge in (0, 1))
            preferences.append(one == other)
    if not preferences:
        return {"ratings": len(ratings), "pairs": 0}
    return {
        "ratings": len(ratings),
        "same": sum(one == other for one, other in ratings) / len(ratings),
        "kappa": float(kappa(*zip(*ratings, strict=True), weights="quadratic")),
        "pairs": len(preferences),
        "same_preference": sum(preferences) / len(preferences),
    }


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


def main() -> None:
    """Makes the dataset and says how well the judges agree."""
    parser = argparse.ArgumentParser(description="Make a preference dataset with two judges.")
    parser.add_argument("--real", action="store_true", help="use real prompts and models")
    parser.add_argument("--argilla", metavar="DATASET", help="dataset in Argilla, for review")
    parser.add_argument("--push-to", metavar="OWNER/NAME", help="dataset on the Hub to write")
    options = parser.parse_args()
    llms: list[LLM] = [SimulatedLLM(model=model) for model in (SMALL, LARGE, LARGE, OTHER_JUDGE)]
    if options.real:
        kwargs = {"max_new_tokens": 1024, "temperature": 0.7}
        judging = {"max_new_tokens": 1024, "temperature": 0.0}
        llms = [
            InferenceEndpointsLLM(model_id=SMALL, generation_kwargs=kwargs),
            InferenceEndpointsLLM(model_id=LARGE, generation_kwargs=kwargs),
            InferenceEndpointsLLM(model_id=LARGE, generation_kwargs=judging),
            OpenAILLM(model=OTHER_JUDGE, generation_kwargs=judging),
        ]
    rows = None if options.real else PROMPTS
    distiset = preference_dataset(*llms, rows=rows, argilla=options.argilla).run()
    for name, value in compare(list(distiset["default"]["train"])).items():
        print(f"{name}: {value:.3g}")
    distiset.save_to_disk("preference-dataset")
    if options.push_to:
        distiset.push_to_hub(options.push_to)


if __name__ == "__main__":
    main()
