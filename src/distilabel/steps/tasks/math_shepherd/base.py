"""What the two Math-Shepherd tasks share: prompts, and solutions in text or JSON."""

from __future__ import annotations

import re
from typing import Any, Final

from distilabel.steps.tasks.json_answers import parse_json_object
from distilabel.steps.tasks.math_shepherd.utils import (
    parse_json_response,
    plain_answer,
    split_solution_steps,
)
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.utils.template import check_template_variables, compile_template

_VARIABLES: Final = ("extra_rules", "few_shots", "structured_prompt")
# A rule, or a heading `Solution 2`.
_SEPARATOR: Final = re.compile(
    r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$|^[ \t>#*_]*solution[ \t]+#?\d+[ \t*_]*[:.]?[ \t*_]*$",
    re.MULTILINE | re.IGNORECASE,
)
_STRUCTURE: Final = "You answer in the JSON format that the question describes."


def make_prompt(
    task: Any, instruction: str, number: int, steps: list[str] | None = None
) -> list[Any]:
    """Returns the conversation that asks for solutions or for their rest.

    Args:
        task: Task with `system_prompt`, `extra_rules` and `few_shots`.
        instruction: The problem.
        number: Solutions to ask for.
        steps: First steps of the solution; None for whole solutions.
    """
    structured = task.use_default_structured_output
    question = load_prompt("math_shepherd/question.jinja2").render(
        instruction=instruction,
        steps=None if steps is None else "\n".join(steps),
        number=number,
        structured=structured,
    )
    user = {"role": "user", "content": question.strip()}
    if not task.system_prompt:
        return [user]
    system = compile_template(task.system_prompt).render(
        extra_rules=task.extra_rules,
        few_shots=task.few_shots,
        structured_prompt=_STRUCTURE if structured else "",
    )
    # Parts that are left out leave empty lines.
    system = re.sub(r"\n{3,}", "\n\n", system).strip()
    return [{"role": "system", "content": system}, user]


def solutions_schema(number: int) -> dict[str, Any]:
    """Returns the JSON schema of a structured answer.

    Args:
        number: Solutions that it has.
    """
    solution = {
        "type": "object",
        "properties": {"solution": {"type": "string"}},
        "required": ["solution"],
        "additionalProperties": False,
    }
    return {
        "title": "Solutions",
        "type": "object",
        "properties": {
            "solutions": {
                "type": "array",
                "items": solution,
                "minItems": number,
                "maxItems": number,
            }
        },
        "required": ["solutions"],
        "additionalProperties": False,
    }


def check_system_prompt(task: Any) -> None:
    """Checks the variables of the system prompt.

    Raises:
        DistilabelUserError: If it uses another variable, or is not a valid template.
    """
    if task.system_prompt:
        check_template_variables(task.system_prompt, list(_VARIABLES), type(task).__name__)


def parse_solutions(output: str, number: int, *, structured: bool) -> list[list[str]]:
    """Returns the solutions that a model wrote, each as the list of its steps.

    Args:
        output: Text of the model.
        number: Solutions asked for.
        structured: Whether they were asked for as JSON.

    Returns:
        The solutions. JSON with another number of solutions gives `number` empty ones.
    """
    if structured:
        found = parse_json_object(output) or parse_json_response(output)
        given = found.get("solutions") if isinstance(found, dict) else None
        texts = [
            item.get("solution") if isinstance(item, dict) else item
            for item in (given if isinstance(given, list) else [])
        ]
        if len(texts) != number:
            texts = [""] * number
        return [split_solution_steps(text if isinstance(text, str) else "") for text in texts]
    parts = [split_solution_steps(part) for part in _SEPARATOR.split(plain_answer(output))]
    return [steps for steps in parts if steps]
