"""`EvolQuality`: a model rewrites a response several times, improving it each time."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Union

from pydantic import Field, PositiveInt

from distilabel._core.hashing import digest
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.column_checks import text_in
from distilabel.steps.tasks.evol_quality.utils import MUTATION_TEMPLATES

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_PLACEHOLDER: Final = re.compile("<PROMPT>|<RESPONSE>")


class EvolQuality(Task):
    """Rewrites each response several times, improving it in one way each time.

    For each rewrite, one of `mutation_templates` is chosen at random: more helpful, more
    relevant, deeper, more creative or more detailed. The choice depends only on `seed` and the
    row, so a rerun asks the same questions whatever the order of the rows.

    Attributes:
        num_evolutions: How many times to rewrite each response.
        store_evolutions: Whether to keep every version instead of only the last one.
        include_original_response: Whether the stored versions start with the original response.
        mutation_templates: Name → prompt with the placeholders `<PROMPT>` and `<RESPONSE>`.
        seed: Seed of the random choices.

    Input columns:
        - instruction (str): Instruction that the response answers.
        - response (str): Response to rewrite.

    Output columns:
        - evolved_response (str): Last version; only without `store_evolutions`.
        - evolved_responses (List[str]): All versions; only with `store_evolutions`.
        - model_name (str): Name of the model that rewrote the response.

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)
        - [Deita: source code](https://github.com/hkust-nlp/deita)

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
        Evolve a short answer twice:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolQuality

        task = EvolQuality(llm=SimulatedLLM(), num_evolutions=2)
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "response": "Barn owl."}]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    num_evolutions: PositiveInt
    store_evolutions: bool = False
    include_original_response: bool = False
    mutation_templates: Dict[str, str] = MUTATION_TEMPLATES
    seed: RuntimeParameter[int] = Field(default=42, description="Seed of the random choices.")

    _reads_behind_reasoning: ClassVar[bool] = True

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
        """Makes the prompt.

        Args:
            input: Template with its placeholders filled in.

        Returns:
            One user message.
        """
        return [{"role": "user", "content": input}]

    def format_output(  # type: ignore[override]
        self, responses: Union[str, List[str]]
    ) -> Dict[str, Any]:
        """Puts the last version or all versions into the output column.

        Args:
            responses: Last version; with `store_evolutions`, list of all versions.

        Returns:
            The output column.
        """
        return {self.outputs[0]: responses}

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Rewrites the response of one row.

        Args:
            row: Row with an instruction and a response.
            ask: Asks the model one question.

        Returns:
            A list of one row, with the new version or versions and the token counts of all
            questions.

        Raises:
            AnswerError: If the model returns no text.
            DistilabelUserError: If the instruction or the response is not a text.
        """
        instruction, response = text_in(self, row, "instruction"), text_in(self, row, "response")
        rng = random.Random(f"{self.seed}:{digest([instruction, response]).hex()}")
        versions = [response]
        statistics: dict[str, list[Any]] = {}
        for _ in range(self.num_evolutions):
            template = self.mutation_templates[rng.choice(self.mutation_templates_names)]
            question = _fill_template(template, instruction, versions[-1])
            output = await ask(self.format_input(question))
            text = output["generations"][0] if output["generations"] else None
            if text is None:
                raise AnswerError(
                    f"{self.name}: the model returned no text for evolution {len(versions)} of "
                    f"{self.num_evolutions}. Run again to retry this row.",
                    has_no_text=True,
                )
            versions.append(text)
            usage: dict[str, Any] = dict(output.get("statistics") or {})
            for name, counts in usage.items():
                statistics.setdefault(name, []).extend(counts)

        stored = versions if self.include_original_response else versions[1:]
        evolved = {**row, **self.format_output(stored if self.store_evolutions else versions[-1])}
        evolved["model_name"] = self.llm.model_name
        if statistics:
            metadata = row.get(DISTILABEL_METADATA_KEY)
            evolved[DISTILABEL_METADATA_KEY] = {
                **(metadata if isinstance(metadata, dict) else {}),
                f"statistics_{self.name}": statistics,
            }
        return [evolved]

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None for the first template with placeholders.
        """
        if sample_input is None:
            template = next(iter(self.mutation_templates.values()))
            question = _fill_template(
                template, "<PLACEHOLDER_INSTRUCTION>", "<PLACEHOLDER_RESPONSE>"
            )
            sample_input = self.format_input(question)
        super().print(sample_input)


def _fill_template(template: str, instruction: str, response: str) -> str:
    # In one pass, because an instruction may itself contain <RESPONSE>.
    texts = {"<PROMPT>": instruction, "<RESPONSE>": response}
    return _PLACEHOLDER.sub(lambda found: texts[found[0]], template)
