"""A judge is measured against people before it filters: refused in one order, trusted in both.

Two models add numbers, a judge compares their sums and likes what it is shown first, people have
labeled 300 pairs. The judge asked in one order is refused before the first question; asked in both
orders it is trusted, and its pairs are formatted for DPO. All models are simulated here:

    python examples/measured_judge.py
"""

import random
import re
import tempfile
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import AsyncLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.calibrating import calibrate
from distilabel.quality import Gold, read_gold
from distilabel.steps import (
    FormatTextGenerationDPO,
    GroupColumns,
    KeepJudged,
    LoadDataFromDicts,
    StepInput,
    step,
)
from distilabel.steps.tasks import PairwiseJudge, TextGeneration

ADDITION = re.compile(r"What is (\d+) \+ (\d+)\?")
SUM = re.compile(r"The sum is (\d+)\.")


class Adder(AsyncLLM):
    """Adds two numbers, and is right as often as `right` says."""

    name: str
    right: float

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.name

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        """Answers a question about a sum."""
        text = input[-1]["content"]
        return {"generations": [add(text, self.name, self.right)], "statistics": {}}


class BiasedJudge(AsyncLLM):
    """Prefers the right sum, and in one call of three what it is shown first."""

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return "biased-judge"

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        """Compares two answers."""
        text = input[-1]["content"]
        verdict = {0: "A", 1: "B"}.get(better(text), "tie")
        if random.Random(text).random() < 1 / 3:
            verdict = "A"
        return {"generations": [f"Verdict: {verdict}"], "statistics": {}}


def add(question: str, model: str, right: float) -> str:
    """Adds two numbers, or misses the sum by one."""
    one, other = map(int, ADDITION.search(question).groups())  # type: ignore[union-attr]
    miss = random.Random(f"{model} {question}").random() >= right
    return f"The sum is {one + other + miss}."


def better(text: str) -> int | str:
    """Which of two answers in a text is right: 0, 1, or a tie."""
    one, other = map(int, ADDITION.search(text).groups())  # type: ignore[union-attr]
    right = [int(found) == one + other for found in SUM.findall(text)]
    return "tie" if right[0] == right[1] else right.index(True)


def questions(count: int, seed: int) -> list[str]:
    """Questions about sums."""
    rng = random.Random(seed)
    return [f"What is {rng.randrange(1000)} + {rng.randrange(1000)}?" for _ in range(count)]


def recorded_labels() -> Gold:
    """What people said about 300 pairs."""
    records = []
    for question in questions(300, seed=1):
        answers = [add(question, "large", 0.8), add(question, "small", 0.5)]
        label = better(" ".join([question, *answers]))
        records.append(
            {"id": question, "kind": "pair", "instruction": question, "generations": answers,
             "label": label, "annotator": "ada"}
        )  # fmt: skip
    return read_gold(records)


@step(inputs=["verdict"], outputs=["ratings"])
def rate(inputs: StepInput) -> Any:
    """Turns the verdict into ratings, which the DPO format takes."""
    for row in inputs:
        row["ratings"] = [5, 1] if row["verdict"] == "A" else [1, 5]
    yield inputs


def measured_judge(orders: Any, folder: Path) -> Pipeline:
    """Returns the pipeline: generate with two models, judge, filter, format for DPO.

    Args:
        orders: Orders in which the judge is asked.
        folder: Directory of the calibration and of stored answers.
    """
    with Pipeline(name="measured-judge", cache_dir=folder / "cache") as pipeline:
        load = LoadDataFromDicts(
            data=[{"instruction": question} for question in questions(60, seed=2)]
        )
        writers = [
            TextGeneration(name=name, llm=Adder(name=name, right=right))
            for name, right in (("large", 0.8), ("small", 0.5))
        ]
        group = GroupColumns(
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judge = PairwiseJudge(name="judge", llm=BiasedJudge(), orders=orders)
        keep = KeepJudged(name="keep", column="verdict", trust=str(folder / "judge.json"))
        load >> writers >> group >> judge >> keep >> rate(name="rate") >> FormatTextGenerationDPO()
    return pipeline


def main() -> None:
    """Measures the judge in one order and in both, and filters by it."""
    with tempfile.TemporaryDirectory() as folder:
        for orders in (1, 2):
            pipeline = measured_judge(orders, Path(folder))
            found = calibrate(pipeline, "judge", recorded_labels())
            found.save(Path(folder, "judge.json"))
            print(f"\norders={orders}: {found.decision.status}, kappa {found.measures.kappa}")
            try:
                rows = list(pipeline.run()["default"]["train"])
            except ValueError as refusal:
                print(refusal)
            else:
                print(f"{len(rows)} pairs for DPO, such as {rows[0]['prompt']!r}:")
                print(f"  chosen   {rows[0]['chosen'][-1]['content']}")
                print(f"  rejected {rows[0]['rejected'][-1]['content']}")


if __name__ == "__main__":
    main()
