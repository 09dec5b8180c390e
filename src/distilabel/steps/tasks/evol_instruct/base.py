"""`EvolInstruct`: a model rewrites an instruction several times, evolving it each time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, Union

from pydantic import Field, PositiveInt

from distilabel._core.hashing import digest
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.evol_instruct.answers import read_instruction
from distilabel.steps.tasks.evol_instruct.utils import MUTATION_TEMPLATES
from distilabel.steps.tasks.turns import Turns

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns


class EvolInstruct(Task):
    """Rewrites each instruction several times, evolving it in one way each time.

    For each rewrite, one of `mutation_templates` is chosen at random: a new constraint, more
    depth, more specific concepts, more steps of reasoning, or a new instruction of the same domain.
    The choice depends only on `seed` and the instruction, so a rerun asks the same questions
    whatever the order of the rows.

    Attributes:
        num_evolutions: How many times to rewrite each instruction.
        store_evolutions: Whether to keep every version instead of only the last one.
        generate_answers: Whether to answer the last version, or every stored version.
        include_original_instruction: Whether the stored versions start with the original
            instruction.
        mutation_templates: Name → prompt with the placeholder `<PROMPT>`.
        seed: Seed of the random choices.

    Input columns:
        - instruction (str): Instruction to evolve.

    Output columns:
        - evolved_instruction (str): Last version; only without `store_evolutions`.
        - evolved_instructions (List[str]): All versions; only with `store_evolutions`.
        - model_name (str): Name of the model that rewrote the instruction.
        - answer (str): Answer to the last version; only with `generate_answers` and without
            `store_evolutions`.
        - answers (List[str]): Answer to each version; only with both.

    Categories:
        - evol
        - instruction

    References:
        - [WizardLM: Empowering Large Language Models to Follow Complex Instructions](https://arxiv.org/abs/2304.12244)
        - [GitHub: h2oai/h2o-wizardlm](https://github.com/h2oai/h2o-wizardlm)

    Citations:
        ```bibtex
        @misc{xu2023wizardlmempoweringlargelanguage,
            title={WizardLM: Empowering Large Language Models to Follow Complex Instructions},
            author={Can Xu and Qingfeng Sun and Kai Zheng and Xiubo Geng and Pu Zhao and Jiazhan Feng and Chongyang Tao and Daxin Jiang},
            year={2023},
            eprint={2304.12244},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2304.12244},
        }
        ```

    Examples:
        Evolve an instruction twice:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolInstruct

        task = EvolInstruct(llm=SimulatedLLM(), num_evolutions=2, store_evolutions=True)
        task.load()
        (row,) = next(task.process([{"instruction": "Name an owl."}]))
        # row["evolved_instructions"] has two texts
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    num_evolutions: PositiveInt
    store_evolutions: bool = False
    generate_answers: bool = False
    include_original_instruction: bool = False
    mutation_templates: Dict[str, str] = Field(default=MUTATION_TEMPLATES, min_length=1)
    seed: RuntimeParameter[int] = Field(default=42, description="Seed of the random choices.")

    _reads_behind_reasoning: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction`."""
        return ["instruction"]

    @property
    def outputs(self) -> List[str]:
        """`evolved_instruction` or `evolved_instructions`, `model_name`, and the answers."""
        columns = ["evolved_instructions" if self.store_evolutions else "evolved_instruction"]
        columns.append("model_name")
        if self.generate_answers:
            columns.append("answers" if self.store_evolutions else "answer")
        return columns

    @property
    def mutation_templates_names(self) -> List[str]:
        """The names of the templates."""
        return list(self.mutation_templates)

    def format_input(self, input: str) -> ChatType:  # type: ignore[override]
        """Makes the prompt.

        Args:
            input: Template with its placeholder filled in, or an instruction to answer.

        Returns:
            One user message.
        """
        return [{"role": "user", "content": input}]

    def format_output(  # type: ignore[override]
        self, instructions: Union[str, List[str]], answers: Union[str, List[str], None] = None
    ) -> Dict[str, Any]:
        """Puts the versions and the answers into the output columns.

        Args:
            instructions: Last version; with `store_evolutions`, list of all versions.
            answers: Answer to the last version; with `store_evolutions`, list of answers.

        Returns:
            The output columns.
        """
        columns: Dict[str, Any] = {self.outputs[0]: instructions}
        if self.generate_answers:
            columns[self.outputs[2]] = answers
        return columns

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Evolves the instruction of one row.

        Args:
            row: Row with an instruction.
            ask: Asks the model one question.

        Returns:
            A list of one row, with the new version or versions, their answers, and the token
            counts of the questions.

        Raises:
            AnswerError: If the model returns no text, or no instruction.
            DistilabelUserError: If the instruction is not a text.
        """
        instruction = text_in(self, row, "instruction")
        rng = random.Random(f"{self.seed}:{digest([instruction]).hex()}")
        turns = Turns(ask, str(self.name), self.parse_retries or 0)
        versions = [instruction]
        for number in range(1, self.num_evolutions + 1):
            template = self.mutation_templates[rng.choice(self.mutation_templates_names)]
            prompt = self.format_input(template.replace("<PROMPT>", versions[-1]))
            what = f"evolution {number} of {self.num_evolutions}"
            versions.append(await turns.next(prompt, read_instruction, what))
        stored = versions if self.include_original_instruction else versions[1:]
        answered = stored if self.store_evolutions else versions[-1:]
        answers: list[str] = []
        if self.generate_answers:
            # As in 1.x, the counts are those of the answers then.
            turns = Turns(ask, str(self.name), self.parse_retries or 0)
            for number, version in enumerate(answered, start=1):
                what = f"answer {number} of {len(answered)}"
                answers.append(await turns.next(self.format_input(version), str, what))
        columns = (
            self.format_output(stored, answers)
            if self.store_evolutions
            else self.format_output(versions[-1], answers[-1] if answers else None)
        )
        evolved = {**row, **columns, "model_name": self.llm.model_name}
        return [turns.added_to(evolved, self._statistics_key())]

    def _statistics_key(self) -> str:
        return f"statistics_{'answer' if self.generate_answers else 'instruction'}_{self.name}"

    def _unanswered(self, row: Row) -> Dict[str, Any]:
        return {}

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None for the first template with a placeholder.
        """
        if sample_input is None:
            template = next(iter(self.mutation_templates.values()))
            sample_input = self.format_input(
                template.replace("<PROMPT>", "<PLACEHOLDER_INSTRUCTION>")
            )
        super().print(sample_input)
