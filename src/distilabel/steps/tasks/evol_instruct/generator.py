"""`EvolInstructGenerator`: a model writes instructions from a few words, and evolves them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self

from pydantic import Field, PositiveInt, model_validator

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.base import Ask, Row
from distilabel.steps.tasks.evol_instruct.answers import read_instruction
from distilabel.steps.tasks.evol_instruct.english_nouns import ENGLISH_NOUNS
from distilabel.steps.tasks.evol_instruct.utils import GENERATION_MUTATION_TEMPLATES
from distilabel.steps.tasks.row_generator import RowGenerator
from distilabel.steps.tasks.turns import Turns

if TYPE_CHECKING:
    from distilabel.typing import ChatType

FRESH_START: Final = "FRESH_START"
_MOST_WORDS: Final = 4
# Questions per row. A model that never writes a text of the wanted length would be asked for ever.
_MOST_QUESTIONS: Final = 100


class EvolInstructGenerator(RowGenerator):
    """Generates instructions without input data: from a few words, evolved to the wanted length.

    Each row starts with `FRESH_START`: a request that contains one to four nouns. It is then
    rewritten with templates chosen at random, until it has between `min_length` and `max_length`
    characters; a longer one is started afresh. The choices depend only on `seed` and the number of
    the row, so a rerun asks the same questions, and raising `num_instructions` keeps the rows that
    are there.

    Attributes:
        num_instructions: Number of instructions to generate.
        generate_answers: Whether to answer the instructions.
        mutation_templates: Name → prompt with the placeholder `<PROMPT>`; that of `FRESH_START` is
            replaced by nouns, the others by the instruction to rewrite.
        min_length: Minimum length of an instruction, in characters.
        max_length: Maximum length of an instruction, in characters.
        seed: Seed of the random choices.

    Output columns:
        - instruction (str): Instruction.
        - answer (str): Answer; only with `generate_answers`.
        - instructions (List[str]): Never filled; `instruction` has one instruction per row.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - evol
        - instruction
        - generation

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
        Generate two instructions:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolInstructGenerator

        generator = EvolInstructGenerator(llm=SimulatedLLM(), num_instructions=2)
        generator.load()
        rows, last = next(generator.process())
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    num_instructions: PositiveInt
    generate_answers: bool = False
    mutation_templates: Dict[str, str] = GENERATION_MUTATION_TEMPLATES
    min_length: RuntimeParameter[int] = Field(
        default=512, description="Minimum length of an instruction, in characters."
    )
    max_length: RuntimeParameter[int] = Field(
        default=1024, description="Maximum length of an instruction, in characters."
    )
    seed: RuntimeParameter[int] = Field(default=42, description="Seed of the random choices.")

    _reads_behind_reasoning: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_fresh_start(self) -> Self:
        if FRESH_START not in self.mutation_templates:
            raise DistilabelUserError(
                f"mutation_templates has no {FRESH_START!r}. Add this template, which starts an "
                "instruction from the words in the place of <PROMPT>."
            )
        return self

    def load(self) -> None:
        """Loads the model.

        Raises:
            DistilabelUserError: If no text can have the wanted length.
        """
        if self._shortest > self._longest:
            raise DistilabelUserError(
                f"{self.name}: min_length ({self.min_length}) is above max_length "
                f"({self.max_length}). Swap or change them."
            )
        super().load()

    @property
    def _shortest(self) -> int:
        return self.min_length or 0

    @property
    def _longest(self) -> float:
        return float("inf") if self.max_length is None else self.max_length

    @property
    def outputs(self) -> List[str]:
        """`instruction`, `model_name`, and with answers `answer`."""
        return ["instruction", "model_name", *(["answer"] if self.generate_answers else [])]

    @property
    def mutation_templates_names(self) -> List[str]:
        """The names of the templates."""
        return list(self.mutation_templates)

    def format_output(  # type: ignore[override]
        self, instruction: str, answer: Optional[str] = None
    ) -> Dict[str, Any]:
        """Puts an instruction and its answer into the output columns.

        Args:
            instruction: The instruction.
            answer: Its answer.

        Returns:
            The output columns.
        """
        columns = {"instruction": instruction, "model_name": self.llm.model_name}
        return {**columns, "answer": answer} if self.generate_answers else columns

    def _known_length(self) -> int | None:
        return self.num_instructions

    async def arow(self, number: int, ask: Ask) -> Row:
        """Generates one instruction.

        Args:
            number: Row number, from 0.
            ask: Asks the model one question.

        Returns:
            The row, with the token counts of the questions.

        Raises:
            AnswerError: If the model returns no text, or none of the wanted length.
        """
        turns = Turns(ask, str(self.name), self.parse_retries or 0)
        instruction = await self._instruction(random.Random(f"{self.seed}:{number}"), turns)
        answer = None
        if self.generate_answers:
            # As in 1.x, the counts are those of the answer then.
            turns = Turns(ask, str(self.name), self.parse_retries or 0)
            answer = await turns.next(_chat(instruction), str, "the answer")
        kind = "answer" if self.generate_answers else "instruction"
        row = self.format_output(instruction, answer)
        return turns.added_to(row, f"statistics_{kind}_{self.name}")

    async def _instruction(self, rng: random.Random, turns: Turns) -> str:
        text: str | None = None
        lengths = []
        for question in range(1, _MOST_QUESTIONS + 1):
            name = FRESH_START if text is None else rng.choice(self.mutation_templates_names)
            template = self.mutation_templates[name]
            given = _words(rng) if name == FRESH_START or text is None else text
            prompt = _chat(template.replace("<PROMPT>", given))
            text = await turns.next(prompt, read_instruction, f"question {question}")
            if self._shortest <= len(text) <= self._longest:
                return text
            lengths.append(len(text))
            if len(text) > self._longest:
                # Rewriting makes it longer still.
                text = None
        raise AnswerError(
            f"{self.name}: none of {_MOST_QUESTIONS} texts had between min_length "
            f"({self.min_length}) and max_length ({self.max_length}) characters; they had "
            f"{min(lengths)} to {max(lengths)}. Change min_length or max_length."
        )

    def _unanswered(self, row: Row) -> Dict[str, Any]:
        return {}

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None for the first prompt of the first row.
        """
        if sample_input is None:
            words = _words(random.Random(f"{self.seed}:0"))
            sample_input = _chat(self.mutation_templates[FRESH_START].replace("<PROMPT>", words))
        super().print(sample_input)


def _chat(text: str) -> ChatType:
    return [{"role": "user", "content": text}]


def _words(rng: random.Random) -> str:
    return ", ".join(rng.sample(ENGLISH_NOUNS, rng.randint(1, _MOST_WORDS)))
