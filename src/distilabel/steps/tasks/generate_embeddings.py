"""`GenerateEmbeddings`: vectors from the last hidden states of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from distilabel.errors import DistilabelUserError
from distilabel.models.client.lifecycle import load_for, unload_for
from distilabel.models.llms.base import LLM
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class GenerateEmbeddings(Step):
    """Makes vectors of texts from the last hidden states of a language model.

    The vector is the state of the last token. The model has to give its hidden states, as
    `TransformersLLM` does.

    Attributes:
        llm: The model.

    Input columns:
        - text (`str`, `List[Dict[str, str]]`): The text, or a conversation.

    Output columns:
        - embedding (`List[float]`): The vector.
        - model_name (`str`): Name of the model.

    Categories:
        - embedding
        - llm

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)

    Examples:
        Make vectors of texts:

        ```python
        from distilabel.models import TransformersLLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps.tasks import GenerateEmbeddings

        with Pipeline():
            embed = GenerateEmbeddings(
                llm=TransformersLLM(model="TinyLlama/TinyLlama-1.1B-Chat-v1.0")
            )
        ```

    Citations:
        ```
        @misc{liu2024makesgooddataalignment,
            title={What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning},
            author={Wei Liu and Weihao Zeng and Keqing He and Yong Jiang and Junxian He},
            year={2024},
            eprint={2312.15685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2312.15685},
        }
        ```
    """  # noqa: E501

    llm: LLM

    @property
    def inputs(self) -> StepColumns:
        """The column `text`."""
        return ["text"]

    @property
    def outputs(self) -> StepColumns:
        """The columns `embedding` and `model_name`."""
        return ["embedding", "model_name"]

    def load(self) -> None:
        """Loads the model."""
        super().load()
        if isinstance(self.llm, CudaDevicePlacementMixin):
            self.llm._assign(str(self.name), self.resources)
        load_for(self, self.llm)

    def unload(self) -> None:
        """Unloads the model, unless another step still uses it."""
        unload_for(self, self.llm)
        super().unload()

    def format_input(self, input: Dict[str, Any]) -> Any:
        """Returns the text of a row as a conversation.

        Args:
            input: The row.

        Raises:
            DistilabelUserError: `text` is neither a text nor a conversation.
        """
        text = input["text"]
        if isinstance(text, str):
            return [{"role": "user", "content": text}]
        if (
            isinstance(text, (list, tuple))
            and text
            and all(isinstance(each, dict) and {"role", "content"} <= each.keys() for each in text)
        ):
            return list(text)
        raise DistilabelUserError(
            f"{self.name}: `text` must be a text or a conversation (a list of dicts with `role` "
            f"and `content`), not {type(text).__name__} {str(text)[:80]!r}."
        )

    def process(self, inputs: StepInput) -> StepOutput:
        """Makes the vectors of a batch of rows.

        Args:
            inputs: The rows.

        Yields:
            The rows with their vectors.
        """
        chats: List[Any] = [self.format_input(row) for row in inputs]
        states = self.llm.get_last_hidden_states(chats)
        for row, state in zip(inputs, states, strict=True):
            last = state[-1]
            row["embedding"] = last.tolist() if hasattr(last, "tolist") else list(last)
            row["model_name"] = self.llm.model_name
        yield inputs
