"""`URIAL`: a base model answers as an assistant, because its prompt shows how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import optional_chat_in, text_in
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

# The model goes on with the next exchange. A heading `# User` of its own needs an empty line.
_NEXT_EXCHANGE: Final = re.compile(r"\n[ \t]*\n# User|(?:\A|\n)# User:[ \t]*(?=\n|\Z)")


class URIAL(Task):
    """Lets a base model, which was trained on texts alone, answer as an assistant.

    The prompt shows a few exchanges between users and an assistant and ends where the assistant's
    next answer belongs. Use a model that completes texts, without a chat template, and set a stop
    sequence such as `"\\n\\n# User"`, so that it does not write the next exchange.

    Input columns:
        - instruction (str, optional): Instruction to answer.
        - conversation (List[Dict[str, str]], optional): Conversation to answer, which ends with a
            user's message; used instead of the instruction if a row has one.

    Output columns:
        - generation (str): The answer.
        - model_name (str): Name of the model that answered.

    Categories:
        - text-generation

    References:
        - [The Unlocking Spell on Base LLMs: Rethinking Alignment via In-Context Learning](https://arxiv.org/abs/2312.01552)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import URIAL

        task = URIAL(llm=SimulatedLLM())
        task.load()
        rows = next(task.process([{"instruction": "Name an owl."}]))
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`instruction` or `conversation`."""
        return {"instruction": False, "conversation": False}

    @property
    def outputs(self) -> List[str]:
        """`generation` and `model_name`."""
        return ["generation", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the row has neither an instruction nor a conversation, the
                instruction is not a text, or the conversation does not end with a user's message.
        """
        chat = optional_chat_in(self, input, "conversation") if "conversation" in input else None
        if chat is not None:
            if not chat or chat[-1]["role"] != "user":
                raise DistilabelUserError(
                    f"{self.name}: the conversation does not end with a message of the user. Add "
                    'one like {"role": "user", "content": "..."}, or remove the last message.'
                )
        elif input.get("instruction") is not None:
            chat = [{"role": "user", "content": text_in(self, input, "instruction")}]
        else:
            raise DistilabelUserError(
                f"{self.name}: a row has neither 'instruction' nor 'conversation'. One of these "
                "columns is required."
            )
        prompt = load_prompt("urial/exchanges.jinja2").render(messages=chat)
        return [{"role": "user", "content": prompt.strip()}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Cuts the answer off before the next exchange.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `generation`.
        """
        if output is None:
            return {"generation": None}
        text = output.replace("\r\n", "\n").lstrip()
        return {"generation": _NEXT_EXCHANGE.split(text, maxsplit=1)[0].strip()}
