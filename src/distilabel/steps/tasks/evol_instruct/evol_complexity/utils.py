"""The prompts of `EvolComplexity`: those of `EvolInstruct` that make an instruction harder."""

from __future__ import annotations

from typing import Final

from distilabel.steps.tasks.evol_instruct import utils

MUTATION_TEMPLATES: Final[dict[str, str]] = {
    name: template for name, template in utils.MUTATION_TEMPLATES.items() if name != "BREADTH"
}
"""Name of each way to make an instruction harder → prompt with the placeholder `<PROMPT>`."""

GENERATION_MUTATION_TEMPLATES: Final[dict[str, str]] = {
    "FRESH_START": utils.GENERATION_MUTATION_TEMPLATES["FRESH_START"],
    **MUTATION_TEMPLATES,
}
"""The same, with the prompt that starts from a few words."""
