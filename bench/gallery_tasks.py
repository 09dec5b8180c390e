"""One branch per task of the gallery, with rows made from instructions and their answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distilabel.models.llms import LLM
from distilabel.steps import tasks as gallery

PROMPTS = Path(gallery.__file__).parents[2] / "cli" / "demo_prompts.jsonl"
LIBRARY = "def area(width: float, height: float) -> float:\n    return width * height\n"

Row = dict[str, Any]


@dataclass(slots=True)
class Branch:
    """A step and what it needs.

    Attributes:
        name: Name of the class.
        fields: Its fields, without the name and the model.
        row: Makes an input row from an instruction with two `generations`; None for a generator.
        count: Field of a generator that says how many rows it makes.
        asks: Whether it asks a model.
        structured: Whether it runs with its structured output as well.
        magpie: Whether its model has to write the messages of users.
    """

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    row: Callable[[Row], Row] | None = None
    count: str = "num_generations"
    asks: bool = True
    structured: bool = False
    magpie: bool = False


def builtin_rows(count: int) -> list[Row]:
    """Returns instructions of the demo, each with a short and a longer answer."""
    prompts = [json.loads(line)["instruction"] for line in PROMPTS.read_text("utf-8").splitlines()]
    return [
        {
            "instruction": prompts[number % len(prompts)],
            "generations": [
                f"It depends on {number + 2} things, which are easy to look up.",
                f"There are {number + 2} steps. First look at what is given. Then compare it with "
                "what is asked, and check the result before you go on.",
            ],
        }
        for number in range(count)
    ]


def branches(library: Path) -> list[Branch]:
    """Returns a branch for each task of the gallery that asks a model for texts.

    Args:
        library: Folder for the functions that `APIGenExecutionChecker` executes.
    """
    path = library / "library.py"
    path.write_text(LIBRARY)
    call = json.dumps([{"name": "area", "arguments": {"width": 2, "height": 3.5}}])
    function = {"func_name": "area", "func_desc": "area(width: float, height: float) -> float"}
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "stars": {"type": "integer"}},
        "required": ["title", "stars"],
    }
    question = {
        "name": "quality",
        "title": "How good is the text?",
        "settings": {"type": "rating", "options": [{"value": number} for number in range(1, 6)]},
    }

    def instruction(row: Row) -> Row:
        return {"instruction": row["instruction"]}

    def answer(row: Row) -> Row:
        return {**instruction(row), "generation": row["generations"][0]}

    def answers(row: Row) -> Row:
        return {**instruction(row), "generations": row["generations"]}

    def text(row: Row) -> Row:
        return {"text": f"{row['instruction']} {row['generations'][1]}"}

    def query(row: Row) -> Row:
        return {"task": f"Retrieve passages for: {row['instruction']}"}

    def steps(row: Row) -> Row:
        golden = ["Step 1: Take 2 and 3.", "The answer is: 5"]
        return {
            "instruction": f"What is 2 + 3? ({row['instruction']})",
            "golden_solution": golden,
            "solutions": [golden, ["Step 1: 2 + 3 = 6.", "Step 2: Done.", "The answer is: 6"]],
        }

    found = [
        Branch("TextGeneration", row=instruction),
        Branch(
            "ChatGeneration",
            row=lambda row: {"messages": [{"role": "user", "content": row["instruction"]}]},
        ),
        Branch(
            "TextGenerationWithImage",
            row=lambda row: {**instruction(row), "image": "https://example.com/owl.png"},
        ),
        Branch(
            "StructuredGeneration",
            row=lambda row: {
                **instruction(row),
                "structured_output": {"format": "json", "schema": schema},
            },
        ),
        Branch("URIAL", row=instruction),
        Branch(
            "TextClassification",
            {"available_labels": ["science", "daily life", "other"]},
            text,
        ),
        Branch("EvolInstruct", {"num_evolutions": 2}, instruction),
        Branch("EvolComplexity", {"num_evolutions": 1, "generate_answers": True}, instruction),
        Branch(
            "EvolQuality",
            {"num_evolutions": 1},
            lambda row: {**instruction(row), "response": row["generations"][0]},
        ),
        Branch(
            "EvolInstructGenerator", {"min_length": 10, "max_length": 4000}, count="instructions"
        ),
        Branch(
            "EvolComplexityGenerator", {"min_length": 10, "max_length": 4000}, count="instructions"
        ),
        Branch(
            "ComplexityScorer",
            row=lambda row: {"instructions": [row["instruction"], "What is 1 + 1?"]},
            structured=True,
        ),
        Branch(
            "QualityScorer",
            row=lambda row: {**instruction(row), "responses": row["generations"]},
            structured=True,
        ),
        *(
            Branch("UltraFeedback", {"aspect": aspect}, answers, structured=True)
            for aspect in (
                "helpfulness",
                "honesty",
                "instruction-following",
                "truthfulness",
                "overall-rating",
            )
        ),
        Branch("PrometheusEval", {"mode": "absolute", "rubric": "helpfulness"}, answer),
        Branch("PrometheusEval", {"mode": "relative", "rubric": "reasoning"}, answers),
        Branch("InstructionBacktranslation", row=answer, structured=True),
        Branch("PairwiseJudge", {"orders": 2}, answers, structured=True),
        Branch(
            "RubricJudge",
            {"criteria": {"clear": "It is easy to follow.", "complete": "Nothing is missing."}},
            answer,
            structured=True,
        ),
        Branch("SelfInstruct", {"num_instructions": 3}, lambda r: {"input": r["instruction"]}),
        Branch(
            "Genstruct",
            row=lambda row: {"title": row["instruction"], "content": row["generations"][1]},
        ),
        Branch(
            "GenerateSentencePair",
            {"action": "paraphrase", "triplet": True},
            lambda row: {"anchor": row["instruction"]},
            structured=True,
        ),
        Branch("EmbeddingTaskGenerator", {"category": "text-retrieval"}),
        Branch("GenerateTextRetrievalData", row=query),
        Branch("GenerateShortTextMatchingData", row=query),
        Branch("GenerateLongTextMatchingData", row=query),
        Branch("GenerateTextClassificationData", row=query),
        Branch("MonolingualTripletGenerator"),
        Branch("BitextRetrievalGenerator", {"target_language": "French"}),
        Branch("Magpie", row=lambda row: {"system_prompt": row["instruction"]}, magpie=True),
        Branch("MagpieGenerator", count="num_rows", magpie=True),
        Branch(
            "CLAIR",
            row=lambda row: {
                "task": row["instruction"],
                "student_solution": row["generations"][0],
            },
        ),
        Branch(
            "ArgillaLabeller",
            {"fields": [{"name": "text", "title": "Text"}], "question": question},
            lambda row: {"record": {"fields": text(row)}},
        ),
        Branch(
            "APIGenGenerator",
            row=lambda row: {**function, "examples": row["instruction"], "tools": "[]"},
            structured=True,
        ),
        Branch(
            "APIGenExecutionChecker",
            {"libpath": str(path)},
            lambda row: {"answers": call},
            asks=False,
        ),
        Branch(
            "APIGenSemanticChecker",
            row=lambda row: {
                "func_desc": function["func_desc"],
                "query": row["instruction"],
                "answers": call,
                "execution_result": ["7.0"],
                "keep_row_after_execution_check": True,
            },
            structured=True,
        ),
        Branch("MathShepherdGenerator", {"M": 2}, instruction, structured=True),
        Branch("MathShepherdCompleter", {"N": 2}, steps, structured=True),
        Branch("FormatPRM", row=steps, asks=False),
        Branch("ReasoningGeneration", row=instruction, structured=True),
        Branch(
            "UserSimulation",
            {"max_turns": 2},
            lambda row: {"persona": "A nurse.", "goal": row["instruction"]},
        ),
        Branch("ToolTrajectory", {"functions": [area]}, instruction),
        Branch("GenerateVerifiableQuestion", row=text, structured=True),
        Branch(
            "PassRate",
            {"k": 4, "verifier": "math"},
            lambda row: {"prompt": f"What is 2 + 3? ({row['instruction']})", "ground_truth": "5"},
        ),
    ]
    # The labels of `FormatPRM` stand at the end of each step.
    for branch in found:
        if branch.name == "FormatPRM":
            branch.row = lambda row: {
                **steps(row),
                "solutions": ["Step 1: Add. +", "The answer is: 5 +"],
            }
    return found


def area(width: float, height: float) -> float:
    """Returns the area of a rectangle."""
    return width * height


def make_step(branch: Branch, name: str, llm: LLM, rows: int, *, structured: bool) -> Any:
    """Returns the step of a branch.

    Args:
        branch: The branch.
        name: Name of the step.
        llm: Model it asks.
        rows: Rows that a generator makes.
        structured: Whether its answers have to follow its JSON schema.
    """
    fields = dict(branch.fields)
    if branch.asks:
        # What cannot be parsed counts: it is not asked for again.
        fields |= {"llm": llm, "parse_retries": 0}
    if branch.row is None:
        fields["num_instructions" if branch.count == "instructions" else branch.count] = rows
    if structured:
        fields["use_default_structured_output"] = True
    if branch.name == "UserSimulation":
        fields["user_llm"] = llm
    return getattr(gallery, branch.name)(name=name, **fields)
