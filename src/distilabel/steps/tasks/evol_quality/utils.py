"""The prompts of `EvolQuality`, one for each way to improve a response."""

from __future__ import annotations

from typing import Final

_FRAME: Final = """\
You rewrite responses. Below are a prompt and a response to it. Write a better \
version of that response: {aim}

Keep to these rules:
- The rewritten response answers the given prompt, in the language of the given response.
- What is right in the given response stays; what is wrong in it is put right.
- Change what has to change and no more: the rewritten response may be 10 to 20 words longer \
than the given one.
- {rule}
- Write the rewritten response and nothing else: no comment on it, no word about this task, and \
none of the headings '#Given Prompt#', '#Given Response#' and '#Rewritten Response#'.

#Given Prompt#:
<PROMPT>

#Given Response#:
<RESPONSE>

#Rewritten Response#:
"""

MUTATION_TEMPLATES: Final[dict[str, str]] = {
    "HELPFULNESS": _FRAME.format(
        aim="make it more helpful to the person who wrote the prompt.",
        rule="Ask yourself what that person wants to do next, and give them what is missing for "
        "it: a step, a reason, a warning, or where to look further.",
    ),
    "RELEVANCE": _FRAME.format(
        aim="make it more relevant to the prompt.",
        rule="Answer every part of the prompt, the most important one first, and replace what "
        "is beside the point by what was asked for.",
    ),
    "DEEPENING": _FRAME.format(
        aim="make it go deeper.",
        rule="Take the point that matters most and say why it is so: its cause, its mechanism, "
        "its limits, or what follows from it. Do not add a new topic.",
    ),
    "CREATIVITY": _FRAME.format(
        aim="make it more creative.",
        rule="Find a fresh angle, an unexpected example or a telling comparison in place of the "
        "obvious one, without giving up accuracy.",
    ),
    "DETAILS": _FRAME.format(
        aim="make it more detailed.",
        rule="Replace general words by particulars: a number, a name, a place, a date, a concrete "
        "case. Give only particulars that are true.",
    ),
}
