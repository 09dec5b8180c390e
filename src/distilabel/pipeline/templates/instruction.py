"""`InstructionResponsePipeline`: generates instructions and responses without input data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Optional

from distilabel.pipeline.local import Pipeline

if TYPE_CHECKING:
    from distilabel.distiset import Distiset
    from distilabel.models.llms.base import LLM

MODEL: Final = "meta-llama/Meta-Llama-3.1-8B-Instruct"

_SYSTEM_PROMPT: Final = (
    "You are an AI assistant that people turn to with all kinds of requests. Each of them says"
    " plainly what is wanted, and brings what is needed to do it. You answer completely and"
    " correctly, and say so where you are not sure."
)
# The end of a message, and what the model writes when it begins the next message by itself.
_STOP_SEQUENCES: Final = ["<|eot_id|>", "<|start_header_id|>", "assistant", " \n\n"]


class InstructionResponsePipeline:
    """Generates instructions and responses for fine-tuning, without input data.

    Args:
        llm: The model, with a `magpie_pre_query_template`; None takes Llama 3.1 8B at Hugging Face.
        system_prompt: System prompt of every conversation.
        hf_token: Hugging Face token for the default model; None reads `HF_TOKEN` or the stored
            login.
        n_turns: Rounds of instruction and response. With more than one, the column `conversation`
            replaces `instruction` and `response`.
        num_rows: Number of rows to generate.
        batch_size: Rows generated at a time outside of a run; in a run, the model sets the pace.

    Attributes:
        llm: The model.
        pipeline: The pipeline that `run` runs.

    References:
        - [Magpie: Alignment Data Synthesis from Scratch by Prompting Aligned LLMs with Nothing](https://arxiv.org/abs/2406.08464)

    Examples:
        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.pipeline import InstructionResponsePipeline

        llm = SimulatedLLM(magpie_pre_query_template="llama3")
        distiset = InstructionResponsePipeline(llm=llm, num_rows=3).run()
        ```
    """

    def __init__(
        self,
        llm: Optional[LLM] = None,
        system_prompt: str = _SYSTEM_PROMPT,
        hf_token: Optional[str] = None,
        n_turns: int = 1,
        num_rows: int = 10,
        batch_size: int = 1,
    ) -> None:
        from distilabel.steps.tasks.magpie.generator import MagpieGenerator

        self.llm = _default_model(hf_token) if llm is None else llm
        self.pipeline = Pipeline(name="sft")
        with self.pipeline:
            MagpieGenerator(
                llm=self.llm,
                system_prompt=system_prompt,
                n_turns=n_turns,
                num_rows=num_rows,
                batch_size=batch_size,
            )

    def run(self, **kwargs: Any) -> Distiset:
        """Runs the pipeline.

        Args:
            kwargs: Arguments for `Pipeline.run`.

        Returns:
            The dataset.
        """
        return self.pipeline.run(**kwargs)


def _default_model(token: Optional[str]) -> LLM:
    from distilabel.models.llms.huggingface.inference_endpoints import InferenceEndpointsLLM

    key: dict[str, Any] = {} if token is None else {"api_key": token}
    return InferenceEndpointsLLM(
        model_id=MODEL,
        tokenizer_id=MODEL,
        magpie_pre_query_template="llama3",
        generation_kwargs={
            "temperature": 0.9,
            "do_sample": True,
            "max_new_tokens": 2048,
            "stop_sequences": list(_STOP_SEQUENCES),
        },
        **key,
    )
