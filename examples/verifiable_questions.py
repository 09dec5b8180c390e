"""Questions for GRPO whose answers a program checks: written from texts, and measured.

A strong model writes questions whose answers a program can check. The model to be trained answers
each of them several times, and the questions that it answers right sometimes are kept: GRPO learns
nothing from the others. At the end the verifiers are audited on the right answers of the dataset.

As it is, the models are simulated and the texts are those below. For real ones, serve the model to
be trained, and set OPENAI_API_KEY for the model that writes:

    python examples/verifiable_questions.py --real http://localhost:8000/v1 --model NAME
"""

import argparse
from typing import Any

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts, StepInput, step
from distilabel.steps.tasks import GenerateVerifiableQuestion, PassRate
from distilabel.steps.tasks.verifiable.audit import audit_verifier, planted_answers
from distilabel.steps.tasks.verifiable.verifiers import VERIFIERS
from distilabel.typing import StepOutput

SYSTEM_PROMPT = 'Work step by step. End with a last line that begins with "The answer is: ".'
COLUMNS = ["prompt", "ground_truth", "verifier", "pass_rate", "pass_k", "pass_interval"]
TEXTS = [
    f"{animal} weigh {weight} grams on average and eat a fifth of that every night. In winter they "
    f"need {more} percent more, and a pair raises {young} young in a good year."
    for animal, weight, more, young in (
        ("Barn owls", 360, 25, 5),
        ("Hedgehogs", 800, 0, 4),
        ("Tawny owls", 480, 30, 3),
        ("Polecats", 1100, 20, 7),
        ("Little owls", 180, 35, 4),
        ("Stoats", 260, 40, 9),
    )
]


@step(inputs=["in_band", "pass_rate"])
def KeepInBand(inputs: StepInput) -> StepOutput:
    """Drops questions that are too easy or too hard, and those that could not be measured."""
    yield [row for row in inputs if row["in_band"]]


def verifiable_questions(
    writer: LLM, llm: LLM, texts: list[str], per_text: int = 4, k: int = 8
) -> Pipeline:
    """Returns the pipeline.

    Args:
        writer: Model that writes the questions.
        llm: Model that is to be trained, and that answers them.
        texts: Texts to draw on.
        per_text: Questions per text.
        k: Answers per question.
    """
    with Pipeline(name="verifiable-questions") as pipeline:
        load_texts = LoadDataFromDicts(name="load_texts", data=[{"text": text} for text in texts])
        questions = GenerateVerifiableQuestion(
            name="questions", llm=writer, num_generations=per_text
        )
        pass_rate = PassRate(
            name="pass_rate", llm=llm, k=k, band=(0.1, 0.9), system_prompt=SYSTEM_PROMPT
        )
        keep_in_band = KeepInBand(name="keep_in_band")
        keep_columns = KeepColumns(name="keep_columns", columns=COLUMNS)
        load_texts >> questions >> pass_rate >> keep_in_band >> keep_columns
    return pipeline


def mistakes(rows: list[dict[str, Any]]) -> list[tuple[str, Any, bool]]:
    """Returns the planted answers that the verifiers of the rows misjudge, with their truths."""
    found = []
    for row in rows:
        case = planted_answers(row["ground_truth"], row["verifier"])
        found += audit_verifier(VERIFIERS[row["verifier"]], [case]).mistakes
    return found


def main() -> None:
    """Writes and measures the questions, and audits their verifiers."""
    parser = argparse.ArgumentParser(description="Make questions for training by GRPO.")
    parser.add_argument("--real", metavar="URL", help="address of a server of the model to train")
    parser.add_argument("--model", metavar="NAME", help="its name", default="model")
    options = parser.parse_args()
    writer: LLM = SimulatedLLM(model="writer")
    llm: LLM = SimulatedLLM(model="student")
    if options.real:
        writer = OpenAILLM(model="gpt-4o")
        llm = OpenAILLM(model=options.model, base_url=options.real, api_key="none")
    rows = list(verifiable_questions(writer, llm, TEXTS).run()["default"]["train"])
    for row in rows[:5]:
        low, high = row["pass_interval"]
        print(f"{row['pass_rate']:.2f} [{low:.2f}, {high:.2f}]  {row['prompt']}")
    print(f"{len(rows)} questions kept, {len(mistakes(rows))} mistakes of their verifiers")


if __name__ == "__main__":
    main()
