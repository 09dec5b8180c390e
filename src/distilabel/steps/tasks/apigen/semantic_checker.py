"""`APIGenSemanticChecker`: a model judges whether function calls answer their query."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional

from pydantic import Field

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.apigen.utils import parse_json
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_VERDICT: Final = "keep_row_after_semantic_check"
# `Yes`, `no.`, `**yes**`, `Yes, it does`; in `yes or no`, nothing is decided.
_VERDICTS: Final = {
    True: re.compile(r"\W*(?:yes|true)\b(?!\s+\w)(?!.*\b(?:no|false)\b).*", re.I | re.S),
    False: re.compile(r"\W*(?:no|false)\b(?!\s+\w)(?!.*\b(?:yes|true)\b).*", re.I | re.S),
}


def _default_system_prompt() -> str:
    return load_prompt("apigen/semantic_checker_system.jinja2").render().strip()


class APIGenSemanticChecker(Task):
    """Judges whether function calls and their results answer the query they were written for.

    Attributes:
        system_prompt: System prompt.

    Input columns:
        - func_desc (str): Description of the function.
        - query (str): Query.
        - answers (str): Function calls, as JSON.
        - execution_result (str): Results of the calls; a text or a list of texts.
        - keep_row_after_execution_check (bool): Whether the calls could be executed.

    Output columns:
        - thought (str): Why the pair passes or not.
        - keep_row_after_semantic_check (bool): Whether it passes.

    Categories:
        - filtering
        - text-generation

    References:
        - [APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets](https://arxiv.org/abs/2406.18518)
        - [Salesforce/xlam-function-calling-60k](https://huggingface.co/datasets/Salesforce/xlam-function-calling-60k)

    Citations:
        ```bibtex
        @misc{liu2024apigenautomatedpipelinegenerating,
            title={APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets},
            author={Zuxin Liu and Thai Hoang and Jianguo Zhang and Ming Zhu and Tian Lan and Shirley Kokane and Juntao Tan and Weiran Yao and Zhiwei Liu and Yihao Feng and Rithesh Murthy and Liangwei Yang and Silvio Savarese and Juan Carlos Niebles and Huan Wang and Shelby Heinecke and Caiming Xiong},
            year={2024},
            eprint={2406.18518},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2406.18518},
        }
        ```

    Examples:
        Judge one pair:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import APIGenSemanticChecker

        task = APIGenSemanticChecker(llm=SimulatedLLM())
        task.load()
        row = {
            "func_desc": "Adds two numbers.",
            "query": "What is 2 + 3?",
            "answers": '[{"name": "add", "arguments": {"a": 2, "b": 3}}]',
            "execution_result": ["5"],
            "keep_row_after_execution_check": True,
        }
        rows = next(task.process([row]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    system_prompt: str = Field(default_factory=_default_system_prompt)

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """The function, the query, the calls, their results, and whether they were executed."""
        return [
            "func_desc",
            "query",
            "answers",
            "execution_result",
            "keep_row_after_execution_check",
        ]

    @property
    def outputs(self) -> List[str]:
        """`keep_row_after_semantic_check` and `thought`; rows have `model_name` as well."""
        return [_VERDICT, "thought"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If the description or the query is not a text.
        """
        user = load_prompt("apigen/semantic_checker.jinja2").render(
            func_desc=text_in(self, input, "func_desc"),
            query=text_in(self, input, "query"),
            answers=_shown(input["answers"]),
            execution_result=_shown(input["execution_result"]),
        )
        return [
            {"role": "system", "content": self.system_prompt},
            {"role": "user", "content": user.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the verdict.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The row with `thought` and the verdict, both None without a verdict.
        """
        row = dict(input or {})
        found = None if output is None else parse_json(output)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        passes = found.get("passes") if isinstance(found, dict) else None
        given = str(passes) if isinstance(passes, (str, bool)) else ""
        verdict = next((v for v, form in _VERDICTS.items() if form.fullmatch(given)), None)
        if verdict is None:
            return {**row, "thought": None, _VERDICT: None}
        thought = found.get("thought") if isinstance(found, dict) else None
        return {**row, "thought": thought if isinstance(thought, str) else None, _VERDICT: verdict}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return columns.get(_VERDICT) is None

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with `thought` and `passes`."""
        return {
            "title": "Verdict",
            "type": "object",
            "properties": {
                "thought": {"type": "string"},
                "passes": {"type": "string", "enum": ["yes", "no"]},
            },
            "required": ["thought", "passes"],
            "additionalProperties": False,
        }


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
