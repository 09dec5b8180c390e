"""`Magpie`: a model writes a user message, then answers it. `MagpieBase`: shared by both tasks."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self, Tuple, Union

from pydantic import BaseModel, Field, PositiveInt, PrivateAttr, field_validator, model_validator

from distilabel._core.row_context import current_row
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersMixin
from distilabel.models.llms.base import LLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import ChatType

DEFAULT_SYSTEM_PROMPT: Final = (
    "This is a conversation between a person and an AI assistant. It goes on for several rounds:"
    " the person begins with a question or a task, reads the answer, and then follows it up with"
    " something that builds on what was said, such as a doubt, a detail or a next step. The"
    " assistant answers every message completely, correctly and kindly."
)

SystemPrompts = Union[List[str], Dict[str, str], Dict[str, Tuple[str, float]], str, None]


class MagpieBase(RuntimeParametersMixin, BaseModel):
    """Writes conversations with a model that can write user messages as well.

    The prompt ends with the text that comes before a user message in the model's chat template,
    so the model continues with a user message. The model then answers that message.

    Attributes:
        llm: Model to ask; it must have a `magpie_pre_query_template`. Its `use_magpie_template`
            is set to True.
        n_turns: Number of turns in a conversation; a turn is a user message and its answer.
        end_with_user: Whether to leave out the last answer.
        include_system_prompt: Whether the conversation includes the system prompt.
        only_instruction: Whether to write only the first user message.
        system_prompt: System prompt of the conversation, or several to choose from at random: a
            list, a dict of name → text, or a dict of name → pair of a text and its probability.

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
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    if TYPE_CHECKING:
        name: Optional[str]

    llm: LLM
    n_turns: RuntimeParameter[PositiveInt] = Field(
        default=1, description="Number of turns in a conversation."
    )
    end_with_user: RuntimeParameter[bool] = Field(
        default=False, description="Whether to leave out the last answer."
    )
    include_system_prompt: RuntimeParameter[bool] = Field(
        default=False, description="Whether the conversation includes the system prompt."
    )
    only_instruction: RuntimeParameter[bool] = Field(
        default=False, description="Whether to write only the first user message."
    )
    system_prompt: Optional[RuntimeParameter[SystemPrompts]] = Field(
        default=None,
        description="System prompt of the conversation, or several to choose from.",
    )

    @field_validator("system_prompt")
    @classmethod
    def system_prompts_weights_validator(cls, system_prompts: SystemPrompts) -> SystemPrompts:
        """Checks that there is a system prompt to choose, and that probabilities add up to 1.

        Args:
            system_prompts: Value of the field.

        Returns:
            The same value.

        Raises:
            DistilabelUserError: If there is none, or if they do not.
        """
        if isinstance(system_prompts, (list, dict)):
            if not system_prompts:
                raise DistilabelUserError("system_prompt is empty. Leave it out, or add a text.")
            weights = _weights(system_prompts)
            if min(weights) < 0 or not math.isclose(sum(weights), 1.0, abs_tol=1e-6):
                raise DistilabelUserError(
                    f"the probabilities of system_prompt are {weights}. They must be 0 or more and "
                    "add up to 1.0."
                )
        return system_prompts

    @model_validator(mode="after")
    def _check_model_writes_user_messages(self) -> Self:
        if not isinstance(self.llm, MagpieChatTemplateMixin):
            raise DistilabelUserError(
                f"{type(self.llm).__name__} cannot write user messages. Use a model with "
                "magpie_pre_query_template, such as InferenceEndpointsLLM."
            )
        if self.llm.magpie_pre_query_template is None:
            raise DistilabelUserError(
                f"{type(self.llm).__name__} needs a magpie_pre_query_template: 'llama3', 'qwen2' "
                "or the text before a user message in its chat template."
            )
        if not self.llm.use_magpie_template:
            self.llm.use_magpie_template = True
        return self

    @property
    def _columns(self) -> List[str]:
        columns = ["conversation"]
        if self.only_instruction:
            columns = ["instruction"]
        elif self._turns == 1:
            columns = ["instruction", "response"]
            columns += ["conversation"] if self.include_system_prompt else []
        return columns + (["system_prompt_key"] if isinstance(self.system_prompt, dict) else [])

    @property
    def _turns(self) -> int:
        return self.n_turns or 1

    def _choose_system_prompt(self, seed: str) -> tuple[str | None, str | None]:
        """Returns a system prompt and its name, the same ones for the same seed in every run."""
        prompts = self.system_prompt
        if not isinstance(prompts, (list, dict)):
            return prompts, None
        chosen: Any = random.Random(seed).choices(list(prompts), _weights(prompts))[0]
        if isinstance(prompts, list):
            return chosen, None
        text = prompts[chosen]
        return (text if isinstance(text, str) else text[0]), chosen

    async def _make_conversation(self, row_system_prompt: str | None, seed: str, ask: Ask) -> Row:
        """Writes one conversation.

        Args:
            row_system_prompt: System prompt of the row, if it has one.
            seed: Seed for choosing a system prompt if the row has none.
            ask: Asks the model one question.

        Returns:
            The output columns.

        Raises:
            AnswerError: If the model returns no text.
            DistilabelUserError: If the system prompt of the row is not a text.
        """
        if row_system_prompt is not None:
            text_in(self, {"system_prompt": row_system_prompt}, "system_prompt")
        system, name = row_system_prompt, None
        if not system:
            system, name = self._choose_system_prompt(seed)
        if not system and self._turns > 1:
            system = DEFAULT_SYSTEM_PROMPT
        before: ChatType = [{"role": "system", "content": system}] if system else []
        messages, statistics = await self._write_messages(before, ask)
        texts: List[Any] = [message["content"] for message in messages]
        values = {
            "instruction": texts[0],
            "response": texts[1] if len(texts) > 1 else None,
            "conversation": [*before, *messages] if self.include_system_prompt else messages,
            "system_prompt_key": name,
        }
        columns: Row = {column: values[column] for column in self._columns}
        if statistics:
            columns[DISTILABEL_METADATA_KEY] = {f"statistics_{self.name}": statistics}
        return {**columns, "model_name": self.llm.model_name}

    async def _write_messages(
        self, before: ChatType, ask: Ask
    ) -> tuple[ChatType, dict[str, list[Any]]]:
        """Returns the messages of user and assistant, and their token counts."""
        messages: ChatType = []
        statistics: dict[str, list[Any]] = {}
        total = 2 * self._turns - bool(self.end_with_user)
        for number in range(1 if self.only_instruction else total):
            # If the last message is not from the user, the model writes a user message.
            output = await ask([*before, *messages])
            text = output["generations"][0] if output["generations"] else None
            if text is None:
                raise AnswerError(
                    f"{self.name}: the model returned no text for message {number + 1} of {total}. "
                    "Run again to retry this row.",
                    has_no_text=True,
                )
            messages.append({"role": "assistant" if number % 2 else "user", "content": text})
            usage: dict[str, Any] = dict(output.get("statistics") or {})
            for name, counts in usage.items():
                statistics.setdefault(name, []).extend(counts)
        return messages, statistics


class Magpie(Task, MagpieBase):
    """Writes conversations: the model writes both the user messages and the answers.

    Every row gets its own conversation, even if rows are equal: the only input is an optional
    system prompt. If `system_prompt` is a list or a dict, one is chosen for each row by the
    row's position in the pipeline, so a rerun makes the same choice.

    Attributes:
        llm: Model to ask; it must have a `magpie_pre_query_template`. Its `use_magpie_template`
            is set to True.
        n_turns: Number of turns in a conversation; a turn is a user message and its answer.
        end_with_user: Whether to leave out the last answer.
        include_system_prompt: Whether the conversation includes the system prompt. With one turn,
            this adds the column `conversation`.
        only_instruction: Whether to write only the first user message.
        system_prompt: System prompt of the conversation, or several to choose from at random: a
            list, a dict of name → text, or a dict of name → pair of a text and its probability. With
            several turns, a default system prompt is used if there is none.

    Input columns:
        - system_prompt (str, optional): System prompt of the row; it overrides the attribute.

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
        A conversation for each system prompt:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import Magpie

        task = Magpie(llm=SimulatedLLM(magpie_pre_query_template="qwen2"), n_turns=2)
        task.load()
        rows = next(task.process([{"system_prompt": "You know all about owls."}]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    _reads_behind_reasoning: ClassVar[bool] = True

    _standalone_rows: int = PrivateAttr(default=0)

    def load(self) -> None:
        """Loads the model, and restarts the choice of system prompts for rows outside a run."""
        super().load()
        self._standalone_rows = 0

    @property
    def inputs(self) -> Dict[str, bool]:
        """Optionally `system_prompt`."""
        return {"system_prompt": False}

    @property
    def outputs(self) -> List[str]:
        """The conversation or its messages, the name of the system prompt, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Returns an empty conversation, because the model writes the first message.

        Args:
            input: Input row.

        Returns:
            An empty list.
        """
        return []

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the output columns of a row that failed, all None.

        Args:
            output: Unused, because a conversation consists of several texts.
            input: Input row.

        Returns:
            The output columns.
        """
        return dict.fromkeys(self._columns)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Writes a conversation for one row.

        Args:
            row: Row with or without a system prompt.
            ask: Asks the model one question.

        Returns:
            A list of one row, with the conversation and the token counts of all questions.

        Raises:
            AnswerError: If the model returns no text.
        """
        columns = await self._make_conversation(row.get("system_prompt"), self._row_seed(), ask)
        metadata = row.get(DISTILABEL_METADATA_KEY)
        if isinstance(metadata, dict) and DISTILABEL_METADATA_KEY in columns:
            columns[DISTILABEL_METADATA_KEY] = {**metadata, **columns[DISTILABEL_METADATA_KEY]}
        return [{**row, **columns}]

    def _row_seed(self) -> str:
        """Returns a text that identifies the row: its key in a run, else a running number."""
        key = current_row.get()
        if key is None:
            key = (self._standalone_rows,)
            self._standalone_rows += 1
        return ".".join(map(str, key))


def _weights(prompts: list[str] | dict[str, Any]) -> list[float]:
    """Returns the probability of each system prompt; equal ones if there are none."""
    texts = prompts.values() if isinstance(prompts, dict) else prompts
    weights = [text[1] for text in texts if isinstance(text, tuple)]
    return weights or [1 / len(prompts)] * len(prompts)
