"""`MagpieGenerator`: conversations out of nothing, as many rows as are wanted."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from pydantic import Field, PositiveInt

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.base import Ask, Row
from distilabel.steps.tasks.magpie.base import MagpieBase
from distilabel.steps.tasks.row_generator import RowGenerator


class MagpieGenerator(RowGenerator, MagpieBase):
    """Has a model write conversations by itself, beginning with no data at all.

    Every row asks the model anew, and a rerun finds each row again. A larger `num_rows` begins with
    the rows of a smaller one. Where there is a list or a dict of system prompts, one is drawn for
    each row by its number.

    Attributes:
        llm: the model, one with a `magpie_pre_query_template`; its `use_magpie_template` is
            switched on.
        num_rows: rows to make.
        n_turns: rounds of question and answer in a conversation.
        end_with_user: whether the last answer is left out.
        include_system_prompt: whether the system prompt stands in the conversation; with one turn
            there is a column `conversation` then as well.
        only_instruction: whether to make the first message alone.
        system_prompt: what stands before the conversation, or what to draw it from: a list, a dict
            of names and texts, or a dict of names and pairs of a text and its probability. With
            several turns there is one where none is given.

    Output columns:
        - conversation (ChatType): the conversation; with several turns.
        - instruction (str): what the user says; with one turn or `only_instruction`.
        - response (str): what is answered; with one turn.
        - system_prompt_key (str, optional): name of the system prompt, where a dict was given.
        - model_name (str): the model that wrote.

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
        Ten instructions with their answers:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import MagpieGenerator

        generator = MagpieGenerator(
            llm=SimulatedLLM(magpie_pre_query_template="qwen2"), num_rows=10
        )
        generator.load()
        rows, last = next(generator.process())
        ```
    """  # noqa: E501 (titles stand in one line, as in the entry that arXiv gives)

    num_rows: RuntimeParameter[PositiveInt] = Field(default=None, description="Rows to make.")

    @property
    def outputs(self) -> List[str]:
        """The conversation or its messages, the name of the system prompt, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """The columns of a row of which nothing could be made.

        Args:
            output: not looked at: a conversation is made of several texts.
            input: not looked at: there is none.
        """
        return dict.fromkeys(self._columns)

    def _known_length(self) -> int | None:
        return self.num_rows

    async def arow(self, number: int, ask: Ask) -> Row:
        """Makes one conversation.

        Args:
            number: of the row, from 0.
            ask: asks the model one question.

        Returns:
            The row, with the token counts of all questions.

        Raises:
            AnswerError: the model gave no text.
        """
        return await self._made(None, str(number), ask)
