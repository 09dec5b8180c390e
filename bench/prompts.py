"""The prompts that all sides of a benchmark use. Imports nothing, so that it costs no time."""

GENERATION = {"temperature": 0.7, "max_new_tokens": 128}
"""How the library is told to ask; the raw loop says the same in the words of the protocol."""


def prompt(number: int) -> str:
    """Returns the prompt of a number; no two are the same."""
    return f"Prompt {number}: say in two or three sentences what makes the tides come and go."
