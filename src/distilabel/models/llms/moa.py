"""`MixtureOfAgentsLLM`: several models propose answers, and one writes the final answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List

from pydantic import Field, PositiveInt

from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import current_client
from distilabel.models.client.missing_text import answer_or_error, outputs_with_none
from distilabel.models.llms.base import LLM, AsyncLLM

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from distilabel.typing import FormattedInput, GenerateOutput

_SYNTHESIZE: Final = """\
Several assistants have answered the latest message of the user. Their answers are listed below. \
Write one answer of your own that is better than each of them.

- Judge the answers critically: some may be wrong, biased or off the point, even if many agree.
- Keep what is correct and useful, correct what is wrong, and add what all of them miss.
- Do not repeat them one after another, and do not mention that they exist. The user sees only \
your answer.
- Make it accurate, complete and well ordered, in the language and format that the user asked for.

Answers of the assistants:
"""


class MixtureOfAgentsLLM(AsyncLLM):
    """A model made of several: proposers answer, an aggregator combines their answers.

    With several rounds, the proposers see the answers of the round before. The requests of all
    models are stored, limited and charged like those of any other model.

    Attributes:
        aggregator_llm: Model that writes the final answer.
        proposers_llms: Models that propose answers.
        rounds: How often the proposers answer.

    References:
        - [Mixture-of-Agents Enhances Large Language Model Capabilities](https://arxiv.org/abs/2406.04692)

    Examples:
        Two proposers and an aggregator:

        ```python
        from distilabel.models import MixtureOfAgentsLLM, SimulatedLLM

        llm = MixtureOfAgentsLLM(
            aggregator_llm=SimulatedLLM(model="aggregator"),
            proposers_llms=[SimulatedLLM(model="a"), SimulatedLLM(model="b")],
            rounds=2,
        )
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    aggregator_llm: LLM
    proposers_llms: List[AsyncLLM] = Field(default_factory=list)
    rounds: PositiveInt = 1

    # Its models are charged for their own requests.
    _is_free: ClassVar[bool] = True

    @property
    def model_name(self) -> str:
        """`moa-`, and the names of the aggregator and the proposers."""
        return "-".join(["moa", *(model.model_name for model in self._parts)])

    @property
    def runtime_parameters_names(self) -> Any:
        """The fields, without `generation_kwargs`: each model has its own."""
        names = dict(super().runtime_parameters_names)
        names.pop("generation_kwargs", None)
        return names

    @property
    def _parts(self) -> List[LLM]:  # type: ignore[override]
        return [self.aggregator_llm, *self.proposers_llms]

    def load(self) -> None:
        """Loads all models."""
        super().load()
        for model in self._parts:
            model.load()

    def unload(self) -> None:
        """Unloads all models."""
        for model in self._parts:
            model.unload()
        super().unload()

    def get_generation_kwargs(self) -> Dict[str, Any]:
        """Returns the generation arguments of all models."""
        return {
            "aggregator_llm": self.aggregator_llm.get_generation_kwargs(),
            "proposers_llms": [model.get_generation_kwargs() for model in self.proposers_llms],
        }

    def _identity(self) -> Any:
        parts = [[type(part).__qualname__, part._identity()] for part in self._parts]
        return self.identity or {"rounds": self.rounds, "models": parts}

    async def agenerate(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Not supported, as in 1.5.3: `generate` asks the models.

        Args:
            input: The question.
            num_generations: Number of answers.
            kwargs: Generation arguments.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("MixtureOfAgentsLLM has no agenerate. Call generate.")

    @property
    def _async_method(self) -> Callable[..., Awaitable[GenerateOutput]]:
        return self._mix

    async def _mix(
        self,
        input: FormattedInput,
        num_generations: int = 1,
        aggregator_llm: Dict[str, Any] | None = None,
        proposers_llms: List[Dict[str, Any]] | None = None,
    ) -> GenerateOutput:
        """Answers one question; the arguments are those of `get_generation_kwargs`."""
        arguments = proposers_llms or [{} for _ in self.proposers_llms]
        proposals: List[str] = []
        for _ in range(self.rounds):
            asked = _with_proposals(input, proposals)
            answers = await asyncio.gather(
                *(
                    answer_or_error(_client_of(model)(asked, 1, **given))
                    for model, given in zip(self.proposers_llms, arguments, strict=True)
                )
            )
            texts = [output["generations"][0] for output in outputs_with_none(answers, 1, "")]
            # A proposer without a text is left out of this round.
            proposals = [text for text in texts if text]
        final = _with_proposals(input, proposals)
        return await _client_of(self.aggregator_llm)(
            final, num_generations, **(aggregator_llm or {})
        )


def _client_of(model: LLM) -> ModelClient:
    return current_client(model) or ModelClient(model)


def _with_proposals(input: FormattedInput, proposals: Sequence[str]) -> FormattedInput:
    """Returns a question with the proposals in its system message."""
    if not proposals:
        return input
    if isinstance(input, tuple):
        return _with_proposals(input[0], proposals), input[1]  # type: ignore[return-value]
    chat: List[Any] = [{"role": "user", "content": input}] if isinstance(input, str) else [*input]
    numbered = "\n\n".join(f"{i}. {text}" for i, text in enumerate(proposals, start=1))
    system = _SYNTHESIZE + "\n" + numbered
    if chat and chat[0]["role"] == "system":
        system = f"{system}\n\n{chat[0]['content']}"
        chat = chat[1:]
    return [{"role": "system", "content": system}, *chat]
