"""1.5.3's helpers for outlines."""

from __future__ import annotations

from typing import Any, Dict, Literal, NoReturn, Type

import orjson
from pydantic import BaseModel

from distilabel.errors import DistilabelNotImplementedError

Frameworks = Literal["transformers", "llamacpp", "vllm"]


def model_to_schema(schema: Type[BaseModel]) -> str:
    """Returns the JSON schema of a pydantic class as text.

    Args:
        schema: The class.
    """
    return orjson.dumps(schema.model_json_schema()).decode()


def prepare_guided_output(
    structured_output: Dict[str, Any], framework: Frameworks, llm: Any
) -> NoReturn:
    """Says what to use instead of processors of logits, which 1.5.3 made with outlines.

    Args:
        structured_output: Structure of the answers.
        framework: Engine of the model.
        llm: Object of the engine.

    Raises:
        DistilabelNotImplementedError: Always.
    """
    raise DistilabelNotImplementedError(
        "prepare_guided_output: distilabel 2 makes no logits processors for outlines. Set "
        "`structured_output` on the model: each model passes it on in the form its engine takes."
    )
