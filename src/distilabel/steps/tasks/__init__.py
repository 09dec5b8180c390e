"""Tasks, which are steps that ask a model."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.steps.tasks.apigen.execution_checker import (
        APIGenExecutionChecker as APIGenExecutionChecker,
    )
    from distilabel.steps.tasks.apigen.generator import APIGenGenerator as APIGenGenerator
    from distilabel.steps.tasks.apigen.semantic_checker import (
        APIGenSemanticChecker as APIGenSemanticChecker,
    )
    from distilabel.steps.tasks.argilla_labeller import ArgillaLabeller as ArgillaLabeller
    from distilabel.steps.tasks.base import GeneratorTask as GeneratorTask
    from distilabel.steps.tasks.base import GlobalTask as GlobalTask
    from distilabel.steps.tasks.base import Task as Task
    from distilabel.steps.tasks.clair import CLAIR as CLAIR
    from distilabel.steps.tasks.complexity_scorer import ComplexityScorer as ComplexityScorer
    from distilabel.steps.tasks.decorator import task as task
    from distilabel.steps.tasks.evol_instruct.base import EvolInstruct as EvolInstruct
    from distilabel.steps.tasks.evol_instruct.evol_complexity.base import (
        EvolComplexity as EvolComplexity,
    )
    from distilabel.steps.tasks.evol_instruct.evol_complexity.generator import (
        EvolComplexityGenerator as EvolComplexityGenerator,
    )
    from distilabel.steps.tasks.evol_instruct.generator import (
        EvolInstructGenerator as EvolInstructGenerator,
    )
    from distilabel.steps.tasks.evol_quality.base import EvolQuality as EvolQuality
    from distilabel.steps.tasks.generate_embeddings import GenerateEmbeddings as GenerateEmbeddings
    from distilabel.steps.tasks.genstruct import Genstruct as Genstruct
    from distilabel.steps.tasks.image_generation import ImageGeneration as ImageGeneration
    from distilabel.steps.tasks.image_task import ImageTask as ImageTask
    from distilabel.steps.tasks.improving_text_embeddings import (
        BitextRetrievalGenerator as BitextRetrievalGenerator,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        EmbeddingTaskGenerator as EmbeddingTaskGenerator,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        GenerateLongTextMatchingData as GenerateLongTextMatchingData,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        GenerateShortTextMatchingData as GenerateShortTextMatchingData,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        GenerateTextClassificationData as GenerateTextClassificationData,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        GenerateTextRetrievalData as GenerateTextRetrievalData,
    )
    from distilabel.steps.tasks.improving_text_embeddings import (
        MonolingualTripletGenerator as MonolingualTripletGenerator,
    )
    from distilabel.steps.tasks.instruction_backtranslation import (
        InstructionBacktranslation as InstructionBacktranslation,
    )
    from distilabel.steps.tasks.magpie.base import Magpie as Magpie
    from distilabel.steps.tasks.magpie.generator import MagpieGenerator as MagpieGenerator
    from distilabel.steps.tasks.math_shepherd.completer import (
        MathShepherdCompleter as MathShepherdCompleter,
    )
    from distilabel.steps.tasks.math_shepherd.generator import (
        MathShepherdGenerator as MathShepherdGenerator,
    )
    from distilabel.steps.tasks.math_shepherd.utils import FormatPRM as FormatPRM
    from distilabel.steps.tasks.pair_rm import PairRM as PairRM
    from distilabel.steps.tasks.pairwise_judge import PairwiseJudge as PairwiseJudge
    from distilabel.steps.tasks.prometheus_eval import PrometheusEval as PrometheusEval
    from distilabel.steps.tasks.quality_scorer import QualityScorer as QualityScorer
    from distilabel.steps.tasks.reasoning_generation import (
        ReasoningGeneration as ReasoningGeneration,
    )
    from distilabel.steps.tasks.rubric_judge import RubricJudge as RubricJudge
    from distilabel.steps.tasks.self_instruct import SelfInstruct as SelfInstruct
    from distilabel.steps.tasks.sentence_transformers import (
        GenerateSentencePair as GenerateSentencePair,
    )
    from distilabel.steps.tasks.structured_generation import (
        StructuredGeneration as StructuredGeneration,
    )
    from distilabel.steps.tasks.text_classification import TextClassification as TextClassification
    from distilabel.steps.tasks.text_generation import ChatGeneration as ChatGeneration
    from distilabel.steps.tasks.text_generation import TextGeneration as TextGeneration
    from distilabel.steps.tasks.text_generation_with_image import (
        TextGenerationWithImage as TextGenerationWithImage,
    )
    from distilabel.steps.tasks.tool_use.trajectory import ToolTrajectory as ToolTrajectory
    from distilabel.steps.tasks.ultrafeedback import UltraFeedback as UltraFeedback
    from distilabel.steps.tasks.urial import URIAL as URIAL
    from distilabel.steps.tasks.user_simulation import UserSimulation as UserSimulation
    from distilabel.steps.tasks.verifiable.pass_rate import PassRate as PassRate
    from distilabel.steps.tasks.verifiable.question import (
        GenerateVerifiableQuestion as GenerateVerifiableQuestion,
    )
    from distilabel.typing import ChatItem as ChatItem
    from distilabel.typing import ChatType as ChatType

__getattr__, __all__ = lazy_exports(__name__, __file__)
