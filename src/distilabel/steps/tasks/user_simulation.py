"""`UserSimulation`: a model plays a user with a persona and a goal, and talks to another model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self

from pydantic import Field, PositiveInt, PrivateAttr, model_validator

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.client.lifecycle import load_for, unload_for
from distilabel.models.llms.base import LLM
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import judge_answer
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.sync_process import client_for
from distilabel.steps.tasks.turns import Turns

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

# What the model that plays the user answers first: a conversation has to start with a message.
_BEGIN: Final = "Hello! How can I help you?"
_END: Final = re.compile(r"[*_`\"']*\[[ \t]*END[ \t]*\][*_`\"'.]*", re.IGNORECASE)
_NAME: Final = re.compile(r"\A[*_]*(?:user|person|human)[*_]*[ \t]*:[*_]*[ \t]*", re.IGNORECASE)


class UserSimulation(Task):
    """Writes conversations of several turns between a simulated user and an assistant.

    One model plays a user who has a persona and pursues a goal; `llm` is the assistant, which sees
    neither. A conversation ends when the user has reached the goal or gives up, or after
    `max_turns`; its last message is the assistant's.

    Attributes:
        llm: Model that is the assistant.
        user_llm: Model that plays the user; None for `llm`. Its runtime parameters are those of
            `user_llm`.
        max_turns: Most turns of a conversation; a turn is a message of the user and its answer.
        system_prompt: System prompt of the assistant; None for none.

    Input columns:
        - persona (str): Who the user is.
        - goal (str): What the user wants to achieve.
        - system_prompt (str, optional): System prompt of the assistant; it overrides the attribute.

    Output columns:
        - conversation (ChatType): Messages of the user and the assistant, without system prompts.
        - ended_by_user (bool): Whether the user ended the conversation before `max_turns`.
        - model_name (str): Name of the model that is the assistant.
        - user_model_name (str): Name of the model that plays the user.

    Categories:
        - text-generation

    References:
        - [Enhancing Chat Language Models by Scaling High-quality Instructional Conversations](https://arxiv.org/abs/2305.14233)
        - [tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains](https://arxiv.org/abs/2406.12045)

    Examples:
        Two models talk:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import UserSimulation

        task = UserSimulation(
            llm=SimulatedLLM(model="assistant"), user_llm=SimulatedLLM(model="user"), max_turns=3
        )
        task.load()
        row = {"persona": "A nurse on night shift, short of time.", "goal": "Learn to nap well."}
        (row,) = next(task.process([row]))
        ```
    """

    user_llm: Optional[LLM] = None
    max_turns: RuntimeParameter[PositiveInt] = Field(
        default=4, description="Most turns of a conversation."
    )
    system_prompt: Optional[str] = None

    _reads_behind_reasoning: ClassVar[bool] = True

    # Asks the model of the user outside a run.
    _standalone: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_user_llm(self) -> Self:
        if self.user_llm is not None and self.user_llm.use_offline_batch_generation:
            raise DistilabelUserError(
                "user_llm cannot use offline batch generation, because every message waits for the "
                "one before. Set use_offline_batch_generation=False."
            )
        return self

    def load(self) -> None:
        """Loads both models."""
        super().load()
        if self.user_llm is not None:
            load_for(self, self.user_llm)

    def unload(self) -> None:
        """Unloads both models, unless other steps still use them."""
        if self.user_llm is not None:
            unload_for(self, self.user_llm)
        self._standalone = None
        super().unload()

    @property
    def inputs(self) -> StepColumns:
        """`persona` and `goal`, and optionally `system_prompt`."""
        return {"persona": True, "goal": True, "system_prompt": False}

    @property
    def outputs(self) -> List[str]:
        """`conversation`, `ended_by_user`, `model_name` and `user_model_name`."""
        return ["conversation", "ended_by_user", "model_name", "user_model_name"]

    @property
    def _user_model_name(self) -> str:
        return (self.user_llm or self.llm).model_name

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt for the first message of the user.

        Args:
            input: Input row.

        Returns:
            A system message, and a greeting to react to.

        Raises:
            DistilabelUserError: If the persona or the goal is not a text.
        """
        system = load_prompt("user_simulation/system.jinja2").render(
            persona=text_in(self, input, "persona"), goal=text_in(self, input, "goal")
        )
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": _BEGIN},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the output columns of a row that failed.

        Args:
            output: Unused, because a conversation consists of several texts.
            input: Input row.

        Returns:
            The output columns.
        """
        nothing = {"conversation": None, "ended_by_user": None}
        return {**nothing, "user_model_name": self._user_model_name}

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Writes the conversation of one row.

        Args:
            row: Row with a persona and a goal.
            ask: Asks the model that is the assistant.

        Returns:
            A list of one row, with the conversation and the token counts of both models.

        Raises:
            AnswerError: If a model returns no text.
            DistilabelUserError: If the persona, the goal or the system prompt is not a text.
        """
        begin = self.format_input(row)
        system = self.system_prompt
        if row.get("system_prompt") is not None:
            system = text_in(self, row, "system_prompt")
        before: ChatType = [{"role": "system", "content": system}] if system else []
        name, retries = str(self.name), self.parse_retries or 0
        user, assistant = Turns(self._ask_user(ask), name, retries), Turns(ask, name, retries)
        messages: ChatType = []
        ended = False
        for turn in range(1, (self.max_turns or 1) + 1):
            read = read_message if messages else read_first_message
            seen = [*begin, *_seen_by_user(messages)]
            message = await user.next(seen, read, f"message {turn} of the user")
            if message is None:
                ended = True
                break
            messages.append({"role": "user", "content": message})
            answer = await assistant.next([*before, *messages], str, f"answer {turn}")
            messages.append({"role": "assistant", "content": answer})
        made = {
            **row,
            "conversation": messages,
            "ended_by_user": ended,
            "model_name": self.llm.model_name,
            "user_model_name": self._user_model_name,
        }
        made = assistant.added_to(made, f"statistics_{name}")
        return [user.added_to(made, f"statistics_user_{name}")]

    def _ask_user(self, ask: Ask) -> Ask:
        """Returns what asks the model that plays the user."""
        if self.user_llm is None or self.user_llm is self.llm:
            return ask
        client = client_for(self.user_llm) if self._standalone is None else self._standalone
        if client.step == "":
            # One for all rows: it numbers equal questions.
            self._standalone = client
        return client


def read_message(output: str) -> str | None:
    """Returns the message that a model wrote for the user; None if the user ends the conversation.

    Args:
        output: Text of the model.

    Raises:
        ValueError: If there is no message.
    """
    text = judge_answer(output)
    if _END.search(text):
        # Thanks before the end would be left without an answer.
        return None
    message = _NAME.sub("", text.strip())
    quoted = message[:1] == '"' == message[-1:] and message.count('"') == 2
    message = (message[1:-1] if quoted else message).strip()
    if not message:
        raise ValueError("there is no message in it")
    return message


def read_first_message(output: str) -> str:
    """Returns the first message of the user.

    Args:
        output: Text of the model.

    Raises:
        ValueError: If there is no message.
    """
    message = read_message(output)
    if message is None:
        raise ValueError("the user ended the conversation before it began")
    return message


def _seen_by_user(messages: ChatType) -> ChatType:
    """Returns the messages with their roles swapped: the model of the user writes the user's."""
    roles: Dict[str, Any] = {"user": "assistant", "assistant": "user"}
    swapped: Any = [{**message, "role": roles[message["role"]]} for message in messages]
    return list(swapped)
