"""`Magpie`: a model writes what a user says, then answers it; and what both its tasks share."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional, Self, Tuple, Union

from pydantic import BaseModel, Field, PositiveInt, PrivateAttr, field_validator, model_validator

from distilabel._core.row_context import current_row
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersMixin
from distilabel.models.llms.base import LLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.steps.tasks.base import Ask, Row, Task

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
    """How a conversation is made with a model that can write the user's messages too.

    The model is given the text that stands before a user's message and nothing behind it, so it
    goes on with what a user might say. That becomes the user's message, and the model answers it.

    Attributes:
        llm: the model, one with a `magpie_pre_query_template`; its `use_magpie_template` is
            switched on.
        n_turns: rounds of question and answer in a conversation.
        end_with_user: whether the last answer is left out.
        include_system_prompt: whether the system prompt stands in the conversation.
        only_instruction: whether to make the first message alone.
        system_prompt: what stands before the conversation, or what to draw it from: a list, a dict
            of names and texts, or a dict of names and pairs of a text and its probability.

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
    """  # noqa: E501 (titles stand in one line, as in the entry that arXiv gives)

    if TYPE_CHECKING:
        name: Optional[str]

    llm: LLM
    n_turns: RuntimeParameter[PositiveInt] = Field(
        default=1, description="Rounds of question and answer in a conversation."
    )
    end_with_user: RuntimeParameter[bool] = Field(
        default=False, description="Whether the last answer is left out."
    )
    include_system_prompt: RuntimeParameter[bool] = Field(
        default=False, description="Whether the system prompt stands in the conversation."
    )
    only_instruction: RuntimeParameter[bool] = Field(
        default=False, description="Whether to make the first message alone."
    )
    system_prompt: Optional[RuntimeParameter[SystemPrompts]] = Field(
        default=None,
        description="What stands before the conversation, or several texts to draw it from.",
    )

    @field_validator("system_prompt")
    @classmethod
    def system_prompts_weights_validator(cls, system_prompts: SystemPrompts) -> SystemPrompts:
        """Checks that there is something to draw from, and that the probabilities are some.

        Args:
            system_prompts: what was given.

        Raises:
            ValueError: they are not.
        """
        if isinstance(system_prompts, (list, dict)):
            if not system_prompts:
                raise DistilabelUserError("system_prompt is empty: leave it out, or give a text.")
            weights = _weights(system_prompts)
            if min(weights) < 0 or not math.isclose(sum(weights), 1.0, abs_tol=1e-6):
                raise DistilabelUserError(
                    f"the probabilities of system_prompt are {weights}: make them 0 or more, and "
                    "1.0 together."
                )
        return system_prompts

    @model_validator(mode="after")
    def _model_begins_as_the_user(self) -> Self:
        if not isinstance(self.llm, MagpieChatTemplateMixin):
            raise DistilabelUserError(
                f"{type(self.llm).__name__} cannot write a user's message: use a model with "
                "magpie_pre_query_template, such as InferenceEndpointsLLM."
            )
        if self.llm.magpie_pre_query_template is None:
            raise DistilabelUserError(
                f"{type(self.llm).__name__} needs magpie_pre_query_template here: 'llama3', "
                "'qwen2' or the text that stands before a user's message."
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

    def _drawn(self, lot: str) -> tuple[str | None, str | None]:
        """A system prompt and its name; the same for the same lot, in every run."""
        prompts = self.system_prompt
        if not isinstance(prompts, (list, dict)):
            return prompts, None
        chosen: Any = random.Random(lot).choices(list(prompts), _weights(prompts))[0]
        if isinstance(prompts, list):
            return chosen, None
        text = prompts[chosen]
        return (text if isinstance(text, str) else text[0]), chosen

    async def _made(self, given: str | None, lot: str, ask: Ask) -> Row:
        """The columns of one conversation.

        Args:
            given: a system prompt that the row brings.
            lot: what a system prompt is drawn by, where the row brings none.
            ask: asks the model one question.

        Raises:
            AnswerError: the model gave no text.
        """
        system, name = (given, None) if given else self._drawn(lot)
        if not system and self._turns > 1:
            system = DEFAULT_SYSTEM_PROMPT
        before: ChatType = [{"role": "system", "content": system}] if system else []
        said, statistics = await self._said(before, ask)
        texts: List[Any] = [message["content"] for message in said]
        values = {
            "instruction": texts[0],
            "response": texts[1] if len(texts) > 1 else None,
            "conversation": [*before, *said] if self.include_system_prompt else said,
            "system_prompt_key": name,
        }
        made: Row = {column: values[column] for column in self._columns}
        if statistics:
            made[DISTILABEL_METADATA_KEY] = {f"statistics_{self.name}": statistics}
        return {**made, "model_name": self.llm.model_name}

    async def _said(self, before: ChatType, ask: Ask) -> tuple[ChatType, dict[str, list[Any]]]:
        """What user and assistant say, and what each message took."""
        said: ChatType = []
        statistics: dict[str, list[Any]] = {}
        messages = 2 * self._turns - bool(self.end_with_user)
        for number in range(1 if self.only_instruction else messages):
            # A conversation that ends with no user's message is continued by one.
            output = await ask([*before, *said])
            text = output["generations"][0] if output["generations"] else None
            if text is None:
                raise AnswerError(
                    f"{self.name}: the model gave no text for message {number + 1} of {messages}; "
                    "run again to ask for this row once more."
                )
            said.append({"role": "assistant" if number % 2 else "user", "content": text})
            counted: dict[str, Any] = dict(output.get("statistics") or {})
            for name, counts in counted.items():
                statistics.setdefault(name, []).extend(counts)
        return said, statistics


class Magpie(Task, MagpieBase):
    """Has a model write conversations by itself: what a user says, and what is answered.

    A row brings at most a system prompt; each row gets a conversation of its own, as equal rows ask
    the model once for each. Where there is a list or a dict of system prompts, one is drawn for
    each row by the row's place in the pipeline, so a rerun draws the same.

    Attributes:
        llm: the model, one with a `magpie_pre_query_template`; its `use_magpie_template` is
            switched on.
        n_turns: rounds of question and answer in a conversation.
        end_with_user: whether the last answer is left out.
        include_system_prompt: whether the system prompt stands in the conversation; with one turn
            there is a column `conversation` then as well.
        only_instruction: whether to make the first message alone.
        system_prompt: what stands before the conversation, or what to draw it from: a list, a dict
            of names and texts, or a dict of names and pairs of a text and its probability. With
            several turns there is one where none is given.

    Input columns:
        - system_prompt (str, optional): for this row, instead of the field.

    Output columns:
        - conversation (ChatType): the conversation; with several turns.
        - instruction (str): what the user says; with one turn or `only_instruction`.
        - response (str): what is answered; with one turn.
        - system_prompt_key (str, optional): name of the system prompt, where a dict was given.
        - model_name (str): the model that wrote.

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
        A conversation about each subject:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import Magpie

        task = Magpie(llm=SimulatedLLM(magpie_pre_query_template="qwen2"), n_turns=2)
        task.load()
        rows = next(task.process([{"system_prompt": "You know all about owls."}]))
        ```
    """  # noqa: E501 (titles stand in one line, as in the entry that arXiv gives)

    _outside: int = PrivateAttr(default=0)

    def load(self) -> None:
        """Loads the model, and begins anew with drawing for rows outside a run."""
        super().load()
        self._outside = 0

    @property
    def inputs(self) -> Dict[str, bool]:
        """`system_prompt`, which may be missing."""
        return {"system_prompt": False}

    @property
    def outputs(self) -> List[str]:
        """The conversation or its messages, the name of the system prompt, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Nothing: the model begins.

        Args:
            input: a row.
        """
        return []

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """The columns of a row of which nothing could be made.

        Args:
            output: not looked at: a conversation is made of several texts.
            input: the row.
        """
        return dict.fromkeys(self._columns)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Makes a conversation for one row.

        Args:
            row: with a system prompt or without.
            ask: asks the model one question.

        Returns:
            One row, with the conversation and the token counts of all questions.

        Raises:
            AnswerError: the model gave no text.
        """
        made = await self._made(row.get("system_prompt"), self._lot(), ask)
        before = row.get(DISTILABEL_METADATA_KEY)
        if isinstance(before, dict) and DISTILABEL_METADATA_KEY in made:
            made[DISTILABEL_METADATA_KEY] = {**before, **made[DISTILABEL_METADATA_KEY]}
        return [{**row, **made}]

    def _lot(self) -> str:
        key = current_row.get()
        if key is None:
            key = (self._outside,)
            self._outside += 1
        return ".".join(map(str, key))


def _weights(prompts: list[str] | dict[str, Any]) -> list[float]:
    """The probability of each; equal ones where none are given."""
    texts = prompts.values() if isinstance(prompts, dict) else prompts
    given = [text[1] for text in texts if isinstance(text, tuple)]
    return given or [1 / len(prompts)] * len(prompts)
