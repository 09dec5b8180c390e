"""1.5.3's helpers for instructor."""

from __future__ import annotations

from typing import Any, Literal, NoReturn, Optional

from distilabel.errors import DistilabelNotImplementedError

InstructorFrameworks = Literal[
    "openai", "azure_openai", "anthropic", "cohere", "groq", "litellm", "mistral"
]
# In 1.5.3, the clients of these providers' packages; none of them is needed here.
InstructorAvailableClients = Any


def prepare_instructor(
    client: InstructorAvailableClients,
    mode: Optional[Any] = None,
    framework: Optional[InstructorFrameworks] = None,
) -> NoReturn:
    """Says what to use instead of clients that instructor patched.

    Args:
        client: Client of a provider's package.
        mode: How instructor asked for the structure.
        framework: Provider of the client.

    Raises:
        DistilabelNotImplementedError: Always.
    """
    raise DistilabelNotImplementedError(
        "prepare_instructor: models of distilabel 2 have no client of another package to patch. "
        "Set `structured_output` on the model: answers that do not follow it are asked for again."
    )
