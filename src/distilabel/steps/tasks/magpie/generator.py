"""`MagpieGenerator`: generates rows with conversations, without input data."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, List, Optional

from pydantic import Field, PositiveInt

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.base import Ask, Row
from distilabel.steps.tasks.magpie.base import MagpieBase
from distilabel.steps.tasks.row_generator import RowGenerator


class MagpieGenerator(RowGenerator, MagpieBase):
    """Generates conversations without input data: the model writes both sides.

    Every row gets its own conversation, and a rerun returns the same rows. Raising `num_rows`
    keeps the existing rows and adds new ones. If `system_prompt` is a list or a dict, one is
    chosen for each row by its number.

    Attributes:
        llm: Model to ask; it must have a `magpie_pre_query_template`. Its `use_magpie_template`
            is set to True.
        num_rows: Number of rows to generate.
        n_turns: Number of turns in a conversation; a turn is a user message and its answer.
        end_with_user: Whether to leave out the last answer.
        include_system_prompt: Whether the conversation includes the system prompt. With one turn,
            this adds the column `conversation`.
        only_instruction: Whether to write only the first user message.
        system_prompt: System prompt of the conversation, or several to choose from at random: a
            list, a dict of name → text, or a dict of name → pair of a text and its probability. With
            several turns, a default system prompt is used if there is none.

    Output columns:
        - conversation (ChatType): Conversation; with several turns or `include_system_prompt`.
        - instruction (str): User message; with one turn or `only_instruction`.
        - response (str): Answer to the user message; with one turn.
        - system_prompt_key (str, optional): Name of the chosen system prompt; if `system_prompt`
            is a dict.
        - model_name (str): Name of the model that wrote the conversation.

    Categories:
        - text-generation
        - instruction
        - generator

    References:
        - [Magpie: Alignment Data Synthesis from Scratch by Prompting Aligned LLMs with Nothing](https://arxiv.org/abs/2406.08464)

    Citations:
        ```bibtex
        @misc{xu2024magpiealignmentdatasynthesis,
            title={Magpie: Alignment Data Synthesis from Scratch by Prompting Aligned LLMs with Nothing},
            author={Zhangchen Xu and Fengqing Jiang and Luyao Niu and Yuntian Deng and Radha Poovendran and Yejin Choi and Bill Yuchen Lin},
            year={2024},
            eprint={2406.08464},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2406.08464},
        }
        ```

    Examples:
        Ten instructions with answers:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import MagpieGenerator

        generator = MagpieGenerator(
            llm=SimulatedLLM(magpie_pre_query_template="qwen2"), num_rows=10
        )
        generator.load()
        rows, last = next(generator.process())
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    _reads_behind_reasoning: ClassVar[bool] = True

    num_rows: RuntimeParameter[PositiveInt] = Field(
        default=None, description="Number of rows to generate."
    )

    @property
    def outputs(self) -> List[str]:
        """The conversation or its messages, the name of the system prompt, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the output columns of a row that failed, all None.

        Args:
            output: Unused, because a conversation consists of several texts.
            input: Unused, because there is no input row.

        Returns:
            The output columns.
        """
        return dict.fromkeys(self._columns)

    def _known_length(self) -> int | None:
        return self.num_rows

    async def arow(self, number: int, ask: Ask) -> Row:
        """Writes one conversation.

        Args:
            number: Row number, from 0.
            ask: Asks the model one question.

        Returns:
            The row, with the conversation and the token counts of all questions.

        Raises:
            AnswerError: If the model returns no text.
        """
        return await self._make_conversation(None, str(number), ask)
