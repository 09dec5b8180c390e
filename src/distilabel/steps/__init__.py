"""The base classes of steps, and the built-in steps that do not use a model."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.steps.argilla.load import LoadFromArgilla as LoadFromArgilla
    from distilabel.steps.argilla.preference import PreferenceToArgilla as PreferenceToArgilla
    from distilabel.steps.argilla.text_generation import (
        TextGenerationToArgilla as TextGenerationToArgilla,
    )
    from distilabel.steps.base import GeneratorStep as GeneratorStep
    from distilabel.steps.base import GlobalStep as GlobalStep
    from distilabel.steps.base import Step as Step
    from distilabel.steps.base import StepInput as StepInput
    from distilabel.steps.base import StepResources as StepResources
    from distilabel.steps.clustering.dbscan import DBSCAN as DBSCAN
    from distilabel.steps.clustering.text_clustering import TextClustering as TextClustering
    from distilabel.steps.clustering.umap import UMAP as UMAP
    from distilabel.steps.columns.combine import CombineOutputs as CombineOutputs
    from distilabel.steps.columns.expand import ExpandColumns as ExpandColumns
    from distilabel.steps.columns.group import GroupColumns as GroupColumns
    from distilabel.steps.columns.keep import KeepColumns as KeepColumns
    from distilabel.steps.columns.merge import MergeColumns as MergeColumns
    from distilabel.steps.decorator import step as step
    from distilabel.steps.deita import DeitaFiltering as DeitaFiltering
    from distilabel.steps.embeddings.embedding_generation import (
        EmbeddingGeneration as EmbeddingGeneration,
    )
    from distilabel.steps.embeddings.nearest_neighbour import (
        FaissNearestNeighbour as FaissNearestNeighbour,
    )
    from distilabel.steps.filtering.embedding import EmbeddingDedup as EmbeddingDedup
    from distilabel.steps.filtering.minhash import MinHashDedup as MinHashDedup
    from distilabel.steps.formatting.best_worst import PairBestAndWorst as PairBestAndWorst
    from distilabel.steps.formatting.conversation import (
        ConversationTemplate as ConversationTemplate,
    )
    from distilabel.steps.formatting.dpo import FormatChatGenerationDPO as FormatChatGenerationDPO
    from distilabel.steps.formatting.dpo import FormatTextGenerationDPO as FormatTextGenerationDPO
    from distilabel.steps.formatting.kto import FormatKTO as FormatKTO
    from distilabel.steps.formatting.preference import FormatPreference as FormatPreference
    from distilabel.steps.formatting.prompt import FormatPrompt as FormatPrompt
    from distilabel.steps.formatting.sft import FormatChatGenerationSFT as FormatChatGenerationSFT
    from distilabel.steps.formatting.sft import FormatTextGenerationSFT as FormatTextGenerationSFT
    from distilabel.steps.formatting.spin import FormatSPIN as FormatSPIN
    from distilabel.steps.formatting.supervised import FormatSFT as FormatSFT
    from distilabel.steps.generators.attribute_sampler import AttributeSampler as AttributeSampler
    from distilabel.steps.generators.data import LoadDataFromDicts as LoadDataFromDicts
    from distilabel.steps.generators.data_sampler import DataSampler as DataSampler
    from distilabel.steps.generators.huggingface import LoadDataFromDisk as LoadDataFromDisk
    from distilabel.steps.generators.huggingface import (
        LoadDataFromFileSystem as LoadDataFromFileSystem,
    )
    from distilabel.steps.generators.huggingface import LoadDataFromHub as LoadDataFromHub
    from distilabel.steps.generators.utils import make_generator_step as make_generator_step
    from distilabel.steps.globals.huggingface import PushToHub as PushToHub
    from distilabel.steps.judging.jury import Jury as Jury
    from distilabel.steps.judging.keep_judged import KeepJudged as KeepJudged
    from distilabel.steps.reward_model import RewardModelScore as RewardModelScore
    from distilabel.steps.truncate import TruncateTextColumn as TruncateTextColumn
    from distilabel.typing import GeneratorStepOutput as GeneratorStepOutput
    from distilabel.typing import StepOutput as StepOutput

__getattr__, __all__ = lazy_exports(__name__, __file__)
