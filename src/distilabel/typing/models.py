"""Types of the inputs and outputs of models."""

from typing import Any, Dict, List, Literal, Optional, Tuple, Type, Union

from pydantic import BaseModel
from typing_extensions import NotRequired, TypedDict

from distilabel.typing.base import ChatType, ToolCall

LLMOutput = List[Optional[str]]


class Logprob(TypedDict):
    """The log-probability of one token."""

    token: str
    logprob: float


LLMLogprobs = List[List[List[Logprob]]]


class TokenCount(TypedDict):
    """Token counts, one per generation, or one per call if the provider counts per call.

    Keys that are not required are present only if the provider reports them.

    Attributes:
        input_tokens: Tokens of the prompt, including cached ones.
        output_tokens: Tokens of the answer, including the reasoning.
        reasoning_tokens: Tokens of the reasoning.
        cache_read_tokens: Input tokens read from the provider's cache.
        cache_write_tokens: Input tokens written to the provider's cache.
        cost: Cost in US dollars.
    """

    input_tokens: List[int]
    output_tokens: List[int]
    reasoning_tokens: NotRequired[List[int]]
    cache_read_tokens: NotRequired[List[int]]
    cache_write_tokens: NotRequired[List[int]]
    cost: NotRequired[List[float]]


LLMStatistics = Union[TokenCount, Dict[str, Any]]


class GenerateOutput(TypedDict):
    """The answer to one question.

    Attributes:
        generations: Text of each generation; None for one without text.
        statistics: Token counts and other statistics.
        logprobs: Log-probabilities of the tokens of each generation.
        reasoning: Reasoning of each generation, if the model returns it.
        tool_calls: Tools that each generation calls, if any does; None for one that calls none.
    """

    generations: LLMOutput
    statistics: LLMStatistics
    logprobs: NotRequired[LLMLogprobs]
    reasoning: NotRequired[List[Optional[str]]]
    tool_calls: NotRequired[List[Optional[List[ToolCall]]]]


class OutlinesStructuredOutputType(TypedDict, total=False):
    """Structured output with constrained decoding.

    Attributes:
        format: What `schema` is; found out from it if missing.
        schema: A pydantic class, a JSON schema, a regular expression, a grammar, or the texts to
            choose from.
        whitespace_pattern: White space between the parts of JSON, for engines that take it.
    """

    format: Optional[Literal["json", "regex", "grammar", "choice"]]
    schema: Union[str, Type[BaseModel], Dict[str, Any], List[str]]
    whitespace_pattern: Optional[Union[str, List[str]]]


class InstructorStructuredOutputType(TypedDict, total=False):
    """Structured output with the API of the provider.

    Attributes:
        format: What `schema` is; found out from it if missing.
        schema: A pydantic class, a JSON schema, a regular expression, a grammar, or the texts to
            choose from.
        mode: Accepted as in 1.5.3, and ignored: each provider's native mode is used.
        max_retries: Times that a task asks again for an answer that does not follow the structure,
            instead of its `parse_retries`.
    """

    format: Optional[Literal["json", "regex", "grammar", "choice"]]
    schema: Union[str, Type[BaseModel], Dict[str, Any], List[str]]
    mode: Any
    max_retries: Optional[int]


StructuredOutputType = Union[OutlinesStructuredOutputType, InstructorStructuredOutputType]

StandardInput = ChatType
StructuredInput = Tuple[StandardInput, Union[StructuredOutputType, None]]
FormattedInput = Union[StandardInput, StructuredInput, str]

# A numpy array or a torch tensor; Any, to import neither.
HiddenState = Any
