"""`TextGeneration` and `ChatGeneration`: ask a model and keep its text unchanged."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self, Union

from pydantic import Field, PrivateAttr, field_validator

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import as_list, optional_chat_in, text_in, wrong_content
from distilabel.steps.tasks.base import Task
from distilabel.utils.chat import is_openai_format
from distilabel.utils.template import (
    check_column_in_template,
    check_template_variables,
    compile_template,
    template_variables,
    writes_none,
)

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_DEFAULT_TEMPLATE: Final = "{{ instruction }}"


@cache
def _warn_about_use_system_prompt() -> None:
    warnings.warn(
        "`use_system_prompt` has no effect: the column `system_prompt` is always sent if a row has "
        "one. Leave the argument out.",
        DeprecationWarning,
        stacklevel=6,
    )


class TextGeneration(Task):
    """Asks a model about every row and keeps its text.

    By default, the column `instruction` is the prompt; an instruction that is a conversation is
    sent unchanged. Set `template` and `columns` to make the prompt from other columns.

    Attributes:
        system_prompt: System prompt for rows without one of their own.
        template: Jinja template of the user message; it must use all of `columns`.
        columns: Columns that the template uses.

    Input columns:
        - dynamic (any): The columns in `columns`; by default, `instruction` (str).
        - system_prompt (str, optional): System prompt of the row.

    Output columns:
        - generation (str): Text of the model.
        - model_name (str): Name of the model.

    Examples:
        One question per row:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import TextGeneration

        task = TextGeneration(llm=SimulatedLLM())
        task.load()
        rows = next(task.process([{"instruction": "How far does an owl see?"}]))
        ```

        A prompt made from two columns:

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
        default=True, deprecated="the system prompt of a row is always sent"
    )
    template: str = _DEFAULT_TEMPLATE
    columns: Union[str, List[str]] = "instruction"

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    _has_warned_about_none: bool = PrivateAttr(default=False)

    @field_validator("columns")
    @classmethod
    def _always_list(cls, value: Union[str, List[str]]) -> List[str]:
        return [value] if isinstance(value, str) else value

    def model_post_init(self, __context: Any) -> None:
        """Checks the template, and warns if `use_system_prompt` is passed.

        Raises:
            DistilabelUserError: If a variable of the template is not one of `columns`, or the
                template is not valid.
        """
        # Before the task joins a pipeline, which would keep it. A default template that does not
        # fit `columns` is reported on loading, as in 1.5.3.
        if (
            type(self).format_input is TextGeneration.format_input
            and self.template != _DEFAULT_TEMPLATE
        ):
            self._check_template()
        super().model_post_init(__context)
        if "use_system_prompt" in self.model_fields_set:
            _warn_about_use_system_prompt()

    @classmethod
    def _rebuilt(cls, data: dict[str, Any], allow: tuple[str, ...]) -> Self:
        # A dump always contains the argument, so loading one must not warn.
        values = dict(data)
        use_system_prompt = values.pop("use_system_prompt", True)
        task: Self = super()._rebuilt(values, allow)
        task.__dict__["use_system_prompt"] = use_system_prompt
        return task

    def load(self) -> None:
        """Checks the template, then loads the model.

        Raises:
            DistilabelUserError: If the template does not use one of `columns`.
        """
        for column in self.columns:
            check_column_in_template(column, self.template)
        super().load()

    def _check_template(self) -> None:
        name = self.name or type(self).__name__
        check_template_variables(self.template, self.columns, name)
        unused = [name for name in self.columns if name not in template_variables(self.template)]
        if unused:
            self._logger.warning(
                "%s: the template does not use %s, although `columns` has it. Add it to the "
                "template, or remove it from `columns`: the task cannot be loaded like this.",
                name,
                ", ".join(map(repr, unused)),
            )

    @property
    def inputs(self) -> StepColumns:
        """The columns in `columns`, and optionally `system_prompt`."""
        return {**dict.fromkeys(self.columns, True), "system_prompt": False}

    @property
    def outputs(self) -> List[str]:
        """`generation` and `model_name`."""
        return ["generation", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            The conversation, with the system prompt first if there is one.

        Raises:
            DistilabelUserError: If the instruction is neither text nor a conversation, or the
                system prompt is not text.
        """
        messages = self._messages(input)
        system = input.get("system_prompt")
        if system is not None:
            system = text_in(self, input, "system_prompt")
        system = system or self.system_prompt
        if system and not (messages and messages[0]["role"] == "system"):
            return [{"role": "system", "content": system}, *messages]
        return messages

    def _messages(self, row: dict[str, Any]) -> ChatType:
        if self.columns == ["instruction"]:
            instruction = row["instruction"]
            plain = self.template == _DEFAULT_TEMPLATE
            if not isinstance(instruction, str):
                chat = as_list(instruction)
                if plain and chat and is_openai_format(chat):
                    return chat
                expected = "a text or, with the default template, a conversation"
                raise wrong_content(self, row, "instruction", expected)
            if plain:
                return [{"role": "user", "content": instruction}]
        values = {column: row[column] for column in self.columns}
        if any(value is None for value in values.values()):
            self._warn_about_none(values)
        return [{"role": "user", "content": compile_template(self.template).render(values)}]

    def _warn_about_none(self, values: dict[str, Any]) -> None:
        if self._has_warned_about_none or not writes_none(self.template, values):
            return
        self._has_warned_about_none = True
        empty = [column for column, value in values.items() if value is None]
        self._logger.warning(
            "%s: %s is None in a row, and the template writes that as the word None. Test for it: "
            "{%% if %s %%}...{%% endif %%}. This is logged once.",
            self.name,
            ", ".join(map(repr, empty)),
            empty[0],
        )

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the text unchanged.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The column `generation`.
        """
        return {"generation": output}


class ChatGeneration(Task):
    """Asks a model for the next message of every conversation and keeps its text.

    Input columns:
        - messages (ChatType): Conversation that ends with a user message.

    Output columns:
        - generation (str): Text of the model.
        - model_name (str): Name of the model.

    Examples:
        A conversation with one message:

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
        """Returns the conversation unchanged.

        Args:
            input: Input row.

        Returns:
            The messages of the row.

        Raises:
            DistilabelUserError: If `messages` is not a conversation, or does not end with a user
                message.
        """
        messages = optional_chat_in(self, input, "messages")
        if not messages or not is_openai_format(messages):
            expected = "a conversation with messages of the roles system, user and assistant"
            raise wrong_content(self, input, "messages", expected)
        if messages[-1]["role"] not in ("user", "tool"):
            raise DistilabelUserError(
                f"{self.name}: the conversation ends with a message of the role "
                f"{messages[-1]['role']!r}, but must end with a user message.",
            )
        return messages

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the text unchanged.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The column `generation`.
        """
        return {"generation": output}
