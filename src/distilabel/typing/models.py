"""What goes into a model and what comes out of it."""

from typing import Any, Dict, List, Literal, Optional, Tuple, Type, Union

from pydantic import BaseModel
from typing_extensions import NotRequired, TypedDict

from distilabel.typing.base import ChatType

LLMOutput = List[Optional[str]]


class Logprob(TypedDict):
    """The log-probability of one token."""

    token: str
    logprob: float


LLMLogprobs = List[List[List[Logprob]]]


class TokenCount(TypedDict):
    """Numbers of tokens, one per generation (or one per call, where the provider counts so).

    Those of the reasoning are among those of the output, those of the provider's cache among those
    of the input; they are there where the provider says them, as is the cost in US dollars.
    """

    input_tokens: List[int]
    output_tokens: List[int]
    reasoning_tokens: NotRequired[List[int]]
    cache_read_tokens: NotRequired[List[int]]
    cache_write_tokens: NotRequired[List[int]]
    cost: NotRequired[List[float]]


LLMStatistics = Union[TokenCount, Dict[str, Any]]


class GenerateOutput(TypedDict):
    """The answer to one question: its generations, and what they took.

    `reasoning` is what the model thought before it answered, where it shows that.
    """

    generations: LLMOutput
    statistics: LLMStatistics
    logprobs: NotRequired[LLMLogprobs]
    reasoning: NotRequired[List[Optional[str]]]


class OutlinesStructuredOutputType(TypedDict, total=False):
    """Structure by constrained decoding: a JSON schema or a regular expression."""

    format: Literal["json", "regex"]
    schema: Union[str, Type[BaseModel], Dict[str, Any]]
    whitespace_pattern: Optional[Union[str, List[str]]]


class InstructorStructuredOutputType(TypedDict, total=False):
    """Structure by the provider's own means: a JSON schema."""

    format: Optional[Literal["json"]]
    schema: Union[Type[BaseModel], Dict[str, Any]]
    mode: Optional[str]
    max_retries: int


StructuredOutputType = Union[OutlinesStructuredOutputType, InstructorStructuredOutputType]

StandardInput = ChatType
StructuredInput = Tuple[StandardInput, Union[StructuredOutputType, None]]
FormattedInput = Union[StandardInput, StructuredInput, str]

# A numpy array or a torch tensor; named without importing either.
HiddenState = Any
