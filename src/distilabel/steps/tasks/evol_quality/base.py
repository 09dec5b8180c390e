"""`EvolQuality`: a response is rewritten several times, each time better in one way."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional, Union

from pydantic import Field

from distilabel._core.hashing import digest
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.evol_quality.utils import MUTATION_TEMPLATES

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_PLACEHOLDER: Final = re.compile("<PROMPT>|<RESPONSE>")


class EvolQuality(Task):
    """Has a model rewrite responses, several times over, each time to be better in one way.

    Each time one of `mutation_templates` is drawn: more helpful, more relevant, deeper, more
    creative, more detailed. What is drawn depends on `seed` and the row alone, so the same rows
    are asked the same things again, in whatever order they come.

    Attributes:
        num_evolutions: how many times each response is rewritten.
        store_evolutions: whether to keep every version, not the last one only.
        include_original_response: whether the versions kept begin with the original.
        mutation_templates: name → prompt with the placeholders `<PROMPT>` and `<RESPONSE>`.
        seed: what is drawn depends on it.

    Input columns:
        - instruction (str): what the response was given to.
        - response (str): the response.

    Output columns:
        - evolved_response (str): the last version; unless `store_evolutions`.
        - evolved_responses (List[str]): all versions; with `store_evolutions`.
        - model_name (str): the model that rewrote.

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)
        - [Deita, the code](https://github.com/hkust-nlp/deita)

    Citations:
        ```bibtex
        @misc{liu2024makesgooddataalignment,
            title={What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning},
            author={Wei Liu and Weihao Zeng and Keqing He and Yong Jiang and Junxian He},
            year={2024},
            eprint={2312.15685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2312.15685},
        }
        ```

    Examples:
        Two evolutions of a short answer:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolQuality

        task = EvolQuality(llm=SimulatedLLM(), num_evolutions=2)
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "response": "Barn owl."}]))
        ```
    """  # noqa: E501 (titles stand in one line, as in the entry that arXiv gives)

    num_evolutions: int
    store_evolutions: bool = False
    include_original_response: bool = False
    mutation_templates: Dict[str, str] = MUTATION_TEMPLATES
    seed: RuntimeParameter[int] = Field(
        default=42, description="What is drawn for a row depends on it."
    )

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `response`."""
        return ["instruction", "response"]

    @property
    def outputs(self) -> List[str]:
        """`evolved_response` or `evolved_responses`, and `model_name`."""
        return ["evolved_responses" if self.store_evolutions else "evolved_response", "model_name"]

    @property
    def mutation_templates_names(self) -> List[str]:
        """The names of the templates."""
        return list(self.mutation_templates)

    def format_input(self, input: str) -> ChatType:  # type: ignore[override]
        """Makes a conversation of one question.

        Args:
            input: a template, filled in.
        """
        return [{"role": "user", "content": input}]

    def format_output(  # type: ignore[override]
        self, responses: Union[str, List[str]]
    ) -> Dict[str, Any]:
        """Puts the last version, or all of them, into its column.

        Args:
            responses: the version, or with `store_evolutions` the versions.
        """
        return {self.outputs[0]: responses}

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Rewrites the response of one row.

        Args:
            row: with an instruction and a response.
            ask: asks the model one question.

        Returns:
            One row, with the versions and the token counts of all questions.

        Raises:
            AnswerError: the model gave no text.
        """
        instruction, response = row["instruction"], row["response"]
        rng = random.Random(f"{self.seed}:{digest([instruction, response]).hex()}")
        versions = [response]
        statistics: dict[str, list[Any]] = {}
        for _ in range(self.num_evolutions):
            template = self.mutation_templates[rng.choice(self.mutation_templates_names)]
            question = _filled(template, instruction, versions[-1])
            output = await ask(self.format_input(question))
            text = output["generations"][0] if output["generations"] else None
            if text is None:
                raise AnswerError(
                    f"{self.name}: the model gave no text for evolution {len(versions)} of "
                    f"{self.num_evolutions}; run again to ask for this row once more."
                )
            versions.append(text)
            counted: dict[str, Any] = dict(output.get("statistics") or {})
            for name, counts in counted.items():
                statistics.setdefault(name, []).extend(counts)

        kept = versions if self.include_original_response else versions[1:]
        made = {**row, **self.format_output(kept if self.store_evolutions else versions[-1])}
        made["model_name"] = self.llm.model_name
        if statistics:
            before = row.get(DISTILABEL_METADATA_KEY)
            made[DISTILABEL_METADATA_KEY] = {
                **(before if isinstance(before, dict) else {}),
                f"statistics_{self.name}": statistics,
            }
        return [made]

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Shows the prompt, one panel per message.

        Args:
            sample_input: the prompt to show; the first template with placeholders if None.
        """
        if sample_input is None:
            template = next(iter(self.mutation_templates.values()))
            question = _filled(template, "<PLACEHOLDER_INSTRUCTION>", "<PLACEHOLDER_RESPONSE>")
            sample_input = self.format_input(question)
        super().print(sample_input)


def _filled(template: str, instruction: str, response: str) -> str:
    # In one go: an instruction may itself speak of <RESPONSE>.
    texts = {"<PROMPT>": instruction, "<RESPONSE>": response}
    return _PLACEHOLDER.sub(lambda found: texts[found[0]], template)
