"""Types of rows, conversations, answers and pipelines."""

from distilabel.typing.base import ChatItem, ChatType, ImageContent, ImageUrl, TextContent
from distilabel.typing.models import (
    FormattedInput,
    GenerateOutput,
    HiddenState,
    InstructorStructuredOutputType,
    LLMLogprobs,
    LLMOutput,
    LLMStatistics,
    Logprob,
    OutlinesStructuredOutputType,
    StandardInput,
    StructuredInput,
    StructuredOutputType,
    TokenCount,
)
from distilabel.typing.pipeline import (
    DownstreamConnectable,
    DownstreamConnectableSteps,
    InputDataset,
    LoadGroups,
    PipelineRuntimeParametersInfo,
    StepLoadStatus,
    UpstreamConnectableSteps,
)
from distilabel.typing.steps import GeneratorStepOutput, StepColumns, StepOutput

__all__ = [
    "ChatItem",
    "ChatType",
    "DownstreamConnectable",
    "DownstreamConnectableSteps",
    "FormattedInput",
    "GenerateOutput",
    "GeneratorStepOutput",
    "HiddenState",
    "ImageContent",
    "ImageUrl",
    "InputDataset",
    "InstructorStructuredOutputType",
    "LLMLogprobs",
    "LLMOutput",
    "LLMStatistics",
    "LoadGroups",
    "Logprob",
    "OutlinesStructuredOutputType",
    "PipelineRuntimeParametersInfo",
    "StandardInput",
    "StepColumns",
    "StepLoadStatus",
    "StepOutput",
    "StructuredInput",
    "StructuredOutputType",
    "TextContent",
    "TokenCount",
    "UpstreamConnectableSteps",
]
