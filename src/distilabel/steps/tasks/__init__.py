"""Tasks, which are steps that ask a model."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.steps.tasks.base import GeneratorTask as GeneratorTask
    from distilabel.steps.tasks.base import GlobalTask as GlobalTask
    from distilabel.steps.tasks.base import Task as Task
    from distilabel.steps.tasks.decorator import task as task
    from distilabel.steps.tasks.evol_quality.base import EvolQuality as EvolQuality
    from distilabel.steps.tasks.magpie.base import Magpie as Magpie
    from distilabel.steps.tasks.magpie.generator import MagpieGenerator as MagpieGenerator
    from distilabel.steps.tasks.structured_generation import (
        StructuredGeneration as StructuredGeneration,
    )
    from distilabel.steps.tasks.text_generation import ChatGeneration as ChatGeneration
    from distilabel.steps.tasks.text_generation import TextGeneration as TextGeneration
    from distilabel.steps.tasks.text_generation_with_image import (
        TextGenerationWithImage as TextGenerationWithImage,
    )
    from distilabel.steps.tasks.ultrafeedback import UltraFeedback as UltraFeedback
    from distilabel.typing import ChatItem as ChatItem
    from distilabel.typing import ChatType as ChatType

__getattr__, __all__ = lazy_exports(__name__, __file__)
