"""`SelfInstruct`: a model writes instructions for an application, about a given context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional

from pydantic import PositiveInt

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.item_lists import read_items
from distilabel.steps.tasks.json_answers import parse_json_object
from distilabel.steps.tasks.prompt_files import load_prompt, prompt_text

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns


class SelfInstruct(Task):
    """Writes several instructions for an application, about the context in the row.

    Attributes:
        num_instructions: How many instructions to write for each row. The column may have fewer or
            more: it has those that the model wrote.
        criteria_for_query_generation: What the instructions should be like.
        application_description: Application that the instructions are for.

    Input columns:
        - input (str): Context of the instructions, such as a topic or a document.

    Output columns:
        - instructions (List[str]): Instructions that the model wrote.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - text-generation

    References:
        - [Self-Instruct: Aligning Language Models with Self-Generated Instructions](https://arxiv.org/abs/2212.10560)

    Citations:
        ```bibtex
        @misc{wang2023selfinstructaligninglanguagemodels,
            title={Self-Instruct: Aligning Language Models with Self-Generated Instructions},
            author={Yizhong Wang and Yeganeh Kordi and Swaroop Mishra and Alisa Liu and Noah A. Smith and Daniel Khashabi and Hannaneh Hajishirzi},
            year={2023},
            eprint={2212.10560},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2212.10560},
        }
        ```

    Examples:
        Write five instructions about a topic:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import SelfInstruct

        task = SelfInstruct(llm=SimulatedLLM(), num_instructions=5)
        task.load()
        (row,) = next(task.process([{"input": "tide pools"}]))
        # row["instructions"] has five texts
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    num_instructions: PositiveInt = 5
    criteria_for_query_generation: str = prompt_text("self_instruct/criteria.jinja2")
    application_description: str = "AI assistant"

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`input`."""
        return ["input"]

    @property
    def outputs(self) -> List[str]:
        """`instructions` and `model_name`."""
        return ["instructions", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the context is not a text.
        """
        prompt = load_prompt("self_instruct/instructions.jinja2").render(
            number=self.num_instructions,
            application=self.application_description,
            criteria=self.criteria_for_query_generation,
            context=text_in(self, input, "input"),
            structured=self.use_default_structured_output,
        )
        return [{"role": "user", "content": prompt.strip()}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the instructions.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The column `instructions`; empty if there are none.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return {"instructions": []}
        if self.use_default_structured_output:
            found = (parse_json_object(output) or {}).get("instructions")
            values = found if isinstance(found, list) else []
            texts = [value.strip() for value in values if isinstance(value, str)]
            return {"instructions": [text for text in texts if text]}
        return {"instructions": read_items(output)}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return not columns["instructions"]

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `instructions`."""
        return {
            "title": "Instructions",
            "type": "object",
            "properties": {"instructions": {"type": "array", "items": {"type": "string"}}},
            "required": ["instructions"],
            "additionalProperties": False,
        }
