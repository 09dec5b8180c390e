"""The prompts of `PrometheusEval`: those of distilabel, or of the package `prometheus-eval`."""

from __future__ import annotations

import re
import runpy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.prompt_files import load_prompt

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def prometheus_prompt(
    *,
    instruction: str,
    responses: list[str],
    reference: str | None,
    rubric: str,
    from_package: bool,
) -> tuple[str, str]:
    """Returns the system prompt and the user prompt.

    Args:
        instruction: Instruction that was answered.
        responses: One response to grade, or two to compare.
        reference: Reference answer; None for none.
        rubric: Score rubric.
        from_package: Whether to take the prompts from `prometheus-eval`.

    Raises:
        ImportError: The package is needed and not installed.
        DistilabelUserError: The package has no such prompts.
    """
    relative = len(responses) == 2
    if not from_package:
        values: dict[str, Any] = {
            "instruction": instruction,
            "responses": responses,
            "reference": reference,
            "rubric": rubric,
            "relative": relative,
        }
        name = "relative" if relative else "absolute"
        system, user = (load_prompt(f"prometheus/{file}.jinja2") for file in ("system", name))
        return system.render(values).strip(), user.render(values)
    prompts = package_prompts()
    kind = "RELATIVE" if relative else "ABSOLUTE"
    texts = {"instruction": instruction, "rubric": rubric, "reference_answer": reference or ""}
    if relative:
        texts |= {"response_A": responses[0], "response_B": responses[1]}
    else:
        texts["response"] = responses[0]
    template = prompts[f"{kind}_PROMPT" if reference is not None else f"{kind}_PROMPT_WO_REF"]
    # In one pass, because a response may contain braces.
    user_prompt = _PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), template)
    return prompts[f"{kind[:3]}_SYSTEM_PROMPT"], user_prompt


@cache
def package_prompts() -> dict[str, str]:
    """Returns the prompts of the package `prometheus-eval` by the names of its constants.

    Only its file of prompts is run, because the package imports an inference engine.

    Raises:
        ImportError: The package is not installed.
        DistilabelUserError: It has no such prompts.
    """
    spec = find_spec("prometheus_eval")
    if spec is None:
        raise ImportError(
            "PrometheusEval: prompts='prometheus-eval' needs the package 'prometheus-eval', which "
            "is not installed. Run: pip install --no-deps prometheus-eval"
        )
    files = [Path(folder, "prompts.py") for folder in spec.submodule_search_locations or ()]
    found = next((file for file in files if file.is_file()), None)
    values = runpy.run_path(str(found)) if found is not None else {}
    names = ["ABS_SYSTEM_PROMPT", "REL_SYSTEM_PROMPT"]
    names += [f"{kind}_PROMPT{end}" for kind in ("ABSOLUTE", "RELATIVE") for end in ("", "_WO_REF")]
    missing = [name for name in names if not isinstance(values.get(name), str)]
    if missing:
        raise DistilabelUserError(
            "PrometheusEval: the installed package 'prometheus-eval' has no "
            f"{', '.join(missing)} in its prompts.py. Install version 0.1.20, or leave out "
            "prompts='prometheus-eval'."
        )
    return {name: values[name] for name in names}
