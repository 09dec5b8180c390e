"""The prompts of `EvolInstruct`, one for each way to evolve an instruction."""

from __future__ import annotations

from typing import Final

_IN_DEPTH: Final = """\
You rewrite prompts. Rewrite the given prompt into a somewhat more complex one, which is harder \
even for capable AI assistants. {method}

Keep to these rules:
- The rewritten prompt is reasonable: people understand it, and its answer would be useful to \
some of them.
- Everything that the given prompt brings along stays as it is, such as tables, code, numbers and \
the text in its '#Input#'.
- It asks for one thing, in the language of the given prompt, and can be answered without seeing \
the given prompt.
- It is at most 10 to 20 words longer than the given prompt.
- Do not answer the prompt. Write the rewritten prompt and nothing else: no comment on it, and \
none of the words '#The Given Prompt#', '#Rewritten Prompt#', 'given prompt' and 'rewritten prompt'.

#The Given Prompt#:
<PROMPT>

#Rewritten Prompt#:
"""

_IN_BREADTH: Final = """\
You write prompts. Take the given prompt as inspiration and create a completely new one.

Keep to these rules:
- The created prompt belongs to the same domain as the given prompt, but asks about something that \
comes up less often.
- It is about as long and about as difficult as the given prompt, and in the same language.
- It is reasonable: people understand it, and an AI assistant can answer it. If it needs a text or \
data, it contains them.
- Do not answer any prompt. Write the created prompt and nothing else: no comment on it, and none \
of the words '#Given Prompt#', '#Created Prompt#', 'given prompt' and 'created prompt'.

#Given Prompt#:
<PROMPT>

#Created Prompt#:
"""

_FRESH_START: Final = """\
Write one question or request that a person could send to an AI assistant and that contains one or \
more of these words: <PROMPT>

Keep to these rules:
- It sounds like a person with a purpose, says what is needed, and can be answered with text alone.
- The words come up naturally; they may be inflected.
- Do not answer it. Write the question or request and nothing else.
"""

MUTATION_TEMPLATES: Final[dict[str, str]] = {
    "CONSTRAINTS": _IN_DEPTH.format(
        method="Do so by adding one constraint or requirement that its answer has to meet."
    ),
    "DEEPENING": _IN_DEPTH.format(
        method="If it asks about certain matters, do so by asking about them in more depth or in "
        "more breadth: their causes, their limits or what follows from them."
    ),
    "CONCRETIZING": _IN_DEPTH.format(
        method="Do so by replacing general concepts in it by more specific ones."
    ),
    "INCREASED_REASONING_STEPS": _IN_DEPTH.format(
        method="If it can be solved in a few simple steps of thought, do so by changing it so that "
        "it explicitly requires several steps of reasoning."
    ),
    "BREADTH": _IN_BREADTH,
}
"""Name of each way to evolve an instruction → prompt with the placeholder `<PROMPT>`."""

GENERATION_MUTATION_TEMPLATES: Final[dict[str, str]] = {
    "FRESH_START": _FRESH_START,
    **MUTATION_TEMPLATES,
}
"""The same, with the prompt that starts from a few words."""
