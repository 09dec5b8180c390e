"""`InstructionResponsePipeline`: instructions and responses out of nothing, in one line."""

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
# Where a message ends, and where the model would begin the next one by itself.
_STOP_SEQUENCES: Final = ["<|eot_id|>", "<|start_header_id|>", "assistant", " \n\n"]


class InstructionResponsePipeline:
    """Makes instructions and responses for fine-tuning, without any data to begin with.

    Args:
        llm: the model, one with a `magpie_pre_query_template`; Llama 3.1 8B at Hugging Face if
            None.
        system_prompt: what stands before every conversation.
        hf_token: token of Hugging Face for the model that is used without `llm`; read from
            `HF_TOKEN`, or the stored login.
        n_turns: rounds of question and answer; with several there is a column `conversation`
            instead of `instruction` and `response`.
        num_rows: rows to make.
        batch_size: rows made at a time outside a run; in a run, as many as the model answers.

    Attributes:
        llm: the model.
        pipeline: what `run` runs.

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
            kwargs: what `Pipeline.run` takes.

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
