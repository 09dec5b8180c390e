"""Prometheus 2 judges answers by a rubric: one answer absolutely, and two against each other.

As it is, the judge is simulated. For real, serve the model with vLLM and pass its address:

    vllm serve prometheus-eval/prometheus-7b-v2.0 --chat-template TEMPLATE
    python examples/prometheus_judge.py --real http://localhost:8000/v1

The template is one of your own: that of the model rejects system messages.
"""

import argparse
from typing import Any

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts, LoadDataFromHub
from distilabel.steps.tasks import PrometheusEval

MODEL = "prometheus-eval/prometheus-7b-v2.0"
RESULTS = ["feedback", "result", "model_name"]

# Two answers to each instruction, and one that is known to be good.
PAIRS = [
    {
        "instruction": "Which owls hunt by day?",
        "generations": [
            "Some do: the northern hawk owl and the burrowing owl, for example.",
            "None. All owls are nocturnal.",
        ],
        "reference": "Several owls hunt by day, among them the northern hawk owl.",
    },
    {
        "instruction": "What is 17 times 6?",
        "generations": ["17 times 6 is 102.", "10 times 6 is 60 and 7 times 6 is 42, so 102."],
        "reference": "102",
    },
]


def absolute(llm: LLM, rows: list[dict[str, Any]] | None = None) -> Pipeline:
    """Grades human answers of an instruction dataset by their facts, from 1 to 5.

    Args:
        llm: The judge.
        rows: Rows with `prompt` and `completion`; None to load them from the Hub.
    """
    mappings = {"prompt": "instruction", "completion": "generation"}
    with Pipeline(name="prometheus-absolute") as pipeline:
        load_dataset = (
            LoadDataFromHub(
                name="load_dataset",
                repo_id="HuggingFaceH4/instruction-dataset",
                split="test",
                output_mappings=mappings,
            )
            if rows is None
            else LoadDataFromDicts(name="load_dataset", data=rows, output_mappings=mappings)
        )
        task = PrometheusEval(
            name="task",
            llm=llm,
            mode="absolute",
            rubric="factual-validity",
            reference=False,
            num_generations=1,
            group_generations=False,
        )
        keep_columns = KeepColumns(
            name="keep_columns", columns=["instruction", "generation", *RESULTS]
        )
        load_dataset >> task >> keep_columns
    return pipeline


def relative(llm: LLM, rows: list[dict[str, Any]], reference: bool = True) -> Pipeline:
    """Compares two answers to each instruction.

    Args:
        llm: The judge.
        rows: Rows with `instruction` and two `generations`.
        reference: Whether the rows have a `reference` to compare with.
    """
    with Pipeline(name="prometheus-relative") as pipeline:
        load_dataset = LoadDataFromDicts(name="load_dataset", data=rows)
        task = PrometheusEval(
            name="task", llm=llm, mode="relative", rubric="helpfulness", reference=reference
        )
        keep_columns = KeepColumns(
            name="keep_columns", columns=["instruction", "generations", *RESULTS]
        )
        load_dataset >> task >> keep_columns
    return pipeline


def main() -> None:
    """Judges with both modes."""
    parser = argparse.ArgumentParser(description="Judge answers with Prometheus 2.")
    parser.add_argument("--real", metavar="URL", help="address of a server with the model")
    parser.add_argument("--push-to", metavar="OWNER/NAME", help="dataset on the Hub to write")
    options = parser.parse_args()

    llm: LLM = SimulatedLLM(model=MODEL)
    rows = [{"prompt": pair["instruction"], "completion": pair["generations"][0]} for pair in PAIRS]
    if options.real:
        llm = OpenAILLM(model=MODEL, base_url=options.real, api_key="none")

    arguments = {"max_new_tokens": 1024, "temperature": 0.7}
    parameters = {"task": {"llm": {"generation_kwargs": arguments}}}
    graded = absolute(llm, None if options.real else rows).run(parameters=parameters)
    compared = relative(llm, PAIRS).run(parameters=parameters)
    for distiset in (graded, compared):
        for row in list(distiset["default"]["train"])[:5]:
            print(f"{row['instruction']}: {row['result']}\n  {row['feedback']}")
    if options.push_to:
        graded.push_to_hub(options.push_to)


if __name__ == "__main__":
    main()
