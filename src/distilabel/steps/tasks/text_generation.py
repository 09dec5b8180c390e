"""`TextGeneration` and `ChatGeneration`: ask a model and keep what it says, as it is."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self, Union

from pydantic import Field, field_validator

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.base import Task
from distilabel.utils.chat import is_openai_format
from distilabel.utils.template import check_column_in_template, compiled, variables_of

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_DEFAULT_TEMPLATE: Final = "{{ instruction }}"


@cache
def _say_that_use_system_prompt_is_gone() -> None:
    warnings.warn(
        "`use_system_prompt` does nothing any more: the system prompt of a row is sent where it "
        "has one. Leave the argument out.",
        DeprecationWarning,
        stacklevel=5,
    )


class TextGeneration(Task):
    """Asks a model about every row and keeps its text.

    By default the column `instruction` is the prompt. A `template` makes the prompt out of other
    columns. An instruction that is a conversation is sent as it is.

    Attributes:
        system_prompt: the system prompt of rows that bring none.
        template: a Jinja template; every one of `columns` must be in it.
        columns: the columns that the template is given.

    Input columns:
        - dynamic (any): those in `columns`; by default, `instruction` (str).
        - system_prompt (str, optional): the system prompt of the row.

    Output columns:
        - generation (str): the text of the model.
        - model_name (str): the model.

    Examples:
        A question per row:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import TextGeneration

        task = TextGeneration(llm=SimulatedLLM())
        task.load()
        rows = next(task.process([{"instruction": "How far does an owl see?"}]))
        ```

        A prompt out of two columns:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import TextGeneration

        task = TextGeneration(
            llm=SimulatedLLM(),
            template="Write about {{ topic }}. Use: {% for word in words %}{{ word }} {% endfor %}",
            columns=["topic", "words"],
        )
        task.load()
        rows = next(task.process([{"topic": "owls", "words": ["night", "vole"]}]))
        ```
    """

    system_prompt: Optional[str] = None
    use_system_prompt: bool = Field(
        default=True, deprecated="the system prompt of a row is always sent where it has one"
    )
    template: str = _DEFAULT_TEMPLATE
    columns: Union[str, List[str]] = "instruction"

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @field_validator("columns")
    @classmethod
    def _always_list(cls, value: Union[str, List[str]]) -> List[str]:
        return [value] if isinstance(value, str) else value

    def model_post_init(self, __context: Any) -> None:
        """Tells whoever still passes `use_system_prompt`."""
        super().model_post_init(__context)
        if "use_system_prompt" in self.model_fields_set:
            _say_that_use_system_prompt_is_gone()

    @classmethod
    def _rebuilt(cls, data: dict[str, Any], allow: tuple[str, ...]) -> Self:
        # In a file the argument stands whether or not anyone wrote it: nobody to tell.
        values = dict(data)
        said = values.pop("use_system_prompt", True)
        made: Self = super()._rebuilt(values, allow)
        made.__dict__["use_system_prompt"] = said
        return made

    def load(self) -> None:
        """Checks the template, then loads the model.

        Raises:
            DistilabelUserError: a column is not in the template.
        """
        for column in self.columns:
            check_column_in_template(column, self.template)
        super().load()
        unknown = sorted(variables_of(self.template) - {*self.columns})
        if unknown:
            self._logger.warning(
                "%s: the template uses %s, not one of its `columns`: nothing will stand there.",
                self.name,
                ", ".join(unknown),
            )

    @property
    def inputs(self) -> StepColumns:
        """Those in `columns`, and `system_prompt` where there is one."""
        return {**dict.fromkeys(self.columns, True), "system_prompt": False}

    @property
    def outputs(self) -> List[str]:
        """`generation` and `model_name`."""
        return ["generation", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: the row.

        Raises:
            DistilabelUserError: the instruction is neither text nor a conversation.
        """
        messages = self._messages(input)
        system = input.get("system_prompt") or self.system_prompt
        if system and not (messages and messages[0]["role"] == "system"):
            return [{"role": "system", "content": system}, *messages]
        return messages

    def _messages(self, row: dict[str, Any]) -> ChatType:
        if self.columns == ["instruction"]:
            instruction = row["instruction"]
            plain = self.template == _DEFAULT_TEMPLATE
            if not isinstance(instruction, str):
                if plain and instruction and is_openai_format(instruction):
                    return list(instruction)
                raise DistilabelUserError(
                    f"{self.name}: the column 'instruction' holds a {type(instruction).__name__}; "
                    "it has to be text, or with the default template a conversation. For other "
                    "data give a `template` and name its `columns`.",
                    page="components-gallery/tasks/textgeneration/",
                )
            if plain:
                return [{"role": "user", "content": instruction}]
        given = {column: row[column] for column in self.columns}
        return [{"role": "user", "content": compiled(self.template).render(given)}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Keeps the text.

        Args:
            output: the text of the model.
            input: the row.
        """
        return {"generation": output}


class ChatGeneration(Task):
    """Asks a model to go on with conversations and keeps its text.

    Input columns:
        - messages (ChatType): a conversation that ends with a user message.

    Output columns:
        - generation (str): the text of the model.
        - model_name (str): the model.

    Examples:
        A conversation of one message:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import ChatGeneration

        task = ChatGeneration(llm=SimulatedLLM())
        task.load()
        messages = [{"role": "user", "content": "How far does an owl see?"}]
        rows = next(task.process([{"messages": messages}]))
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`messages`."""
        return ["messages"]

    @property
    def outputs(self) -> List[str]:
        """`generation` and `model_name`."""
        return ["generation", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Gives the conversation, as it is.

        Args:
            input: the row.

        Raises:
            DistilabelUserError: `messages` is no conversation, or does not end with the user.
        """
        messages: ChatType = input["messages"]
        if not messages or not is_openai_format(messages):
            raise DistilabelUserError(
                f"{self.name}: the column 'messages' holds no conversation, a list of messages "
                'like {"role": "user", "content": "..."}.',
                page="components-gallery/tasks/chatgeneration/",
            )
        if messages[-1]["role"] != "user":
            raise DistilabelUserError(
                f"{self.name}: the conversation ends with a message of the role "
                f"{messages[-1]['role']!r}; the last one has to be the user's.",
                page="components-gallery/tasks/chatgeneration/",
            )
        return messages

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Keeps the text.

        Args:
            output: the text of the model.
            input: the row.
        """
        return {"generation": output}
