"""Magpie: makes a model write a user's message by ending the prompt where one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Final, Literal, Optional, Self, Union

from pydantic import BaseModel, field_validator, model_validator

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel.typing import StandardInput

MagpieAvailablePreQueryTemplates = Literal["llama3", "qwen2"]

# The text that the chat templates of these models put before a user's message.
MAGPIE_PRE_QUERY_TEMPLATES: Final[Dict[str, str]] = {
    "llama3": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n",
    "qwen2": "<|im_start|>user\n",
}


class MagpieChatTemplateMixin(BaseModel, validate_assignment=True):
    """Lets a model write the user's message that follows a prompt.

    Attributes:
        use_magpie_template: Whether to end the prompt with the template.
        magpie_pre_query_template: `"llama3"`, `"qwen2"`, or the text that the model's chat template
            puts before a user's message.

    References:
        - [Magpie: Alignment Data Synthesis from Scratch by Prompting Aligned LLMs with Nothing](https://arxiv.org/abs/2406.08464)
    """

    use_magpie_template: bool = False
    magpie_pre_query_template: Optional[Union[MagpieAvailablePreQueryTemplates, str]] = None

    @field_validator("magpie_pre_query_template")
    @classmethod
    def magpie_pre_query_template_validator(cls, value: str) -> str:
        """Replaces the name of a known template with its text."""
        return MAGPIE_PRE_QUERY_TEMPLATES.get(value, value)

    @model_validator(mode="after")
    def use_magpie_template_validation(self) -> Self:
        """Checks that a template is set if one is used.

        Raises:
            ValueError: `use_magpie_template` is set without a template.
        """
        if self.use_magpie_template and self.magpie_pre_query_template is None:
            raise DistilabelUserError(
                "use_magpie_template needs magpie_pre_query_template. Set it to 'llama3', 'qwen2' "
                "or the text that the chat template puts before a user's message."
            )
        return self

    def apply_magpie_pre_query_template(self, prompt: str, input: StandardInput) -> str:
        """Appends the template to a rendered prompt.

        Args:
            prompt: The rendered conversation.
            input: The conversation; nothing is appended if it ends with a user's message.
        """
        if not self.use_magpie_template or (input and input[-1]["role"] == "user"):
            return prompt
        return prompt + (self.magpie_pre_query_template or "")
