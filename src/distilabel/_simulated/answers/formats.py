"""Answer formats that prompts ask for, recognized by the headings of the prompts."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from distilabel._simulated import filler_text


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as the formats see it.

    Attributes:
        text: All messages as one text, in order.
        last: Text of the last user message.
        rng: Source of randomness, seeded by the chat, the model, the seed and the answer's index.
    """

    text: str
    last: str
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Format:
    """An answer format: how to recognize a prompt that asks for it, and how to write it.

    Attributes:
        matches: Returns True if a prompt asks for this format.
        write: Writes the answer to a prompt.
    """

    matches: Callable[[Prompt], bool]
    write: Callable[[Prompt], str]


_TEXT_HEADING = re.compile(r"^#### Text (\d+)[ \t]*:?[ \t]*$", re.MULTILINE)
_OUTPUT_HEADING = re.compile(r"#### Output for Text \d+")
# Headings after the last judged text. Without them, an empty last text would take in what follows.
_END_OF_TEXTS = re.compile(
    r"^(?:#### Output for Text \d+|#{1,3} (?:Output|Answer|Your|Format|Annotation)\b)", re.MULTILINE
)
_TYPE_LINE = re.compile(r"^[ \t]*Type:", re.MULTILINE)
_GIVEN_PROMPT = re.compile(r"^#(?:The )?Given Prompt#:", re.MULTILINE)
_GIVEN_RESPONSE = re.compile(r"^#(?:The )?Given Response#:", re.MULTILINE)
_REWRITTEN_RESPONSE = re.compile(r"^#Rewritten Response#:", re.MULTILINE)
_NEW_PROMPT = re.compile(r"^#(?:Rewritten|Created) Prompt#:", re.MULTILINE)
_ANY_EVOL_HEADING = re.compile(r"^#[^#\n]{1,40}#:", re.MULTILINE)

# Start of a user's turn at the very end: the model is to write the user's message.
_USERS_TURN = re.compile(
    r"(?:<\|im_start\|>user\n|<\|start_header_id\|>user<\|end_header_id\|>\n\n)\Z"
)

_PRAISE = (
    "The text does what was asked and stays clear throughout",
    "The text covers the main points with only small gaps",
    "The text is partly right but leaves out something that matters",
    "The text misses much of what was asked",
    "The text does not answer what was asked",
)

_RATINGS = (1, 2, 3, 4, 5)
_RATING_WEIGHTS = (1, 2, 4, 5, 4)

_CONSTRAINTS = (
    "Give a concrete example for every claim that you make about {a}.",
    "Also explain how the answer would change if {a} were not available.",
    "Keep the answer under 200 words and address {a} directly.",
    "Reason step by step and name the assumptions that concern {a}.",
)


def _wants_judgement(prompt: Prompt) -> bool:
    return bool(_OUTPUT_HEADING.search(prompt.text) and _TEXT_HEADING.search(prompt.last))


def _judge(prompt: Prompt) -> str:
    texts, rest = _texts_to_judge(prompt)
    with_type = _TYPE_LINE.search(rest) is not None
    blocks = []
    for number, text in enumerate(texts, start=1):
        lines = [f"#### Output for Text {number}"]
        rating = _rating(text, prompt.rng)
        if with_type:
            lines += [
                f"Type: {_error_types(rating, prompt.rng)}",
                f"Rationale: {_rationale(text, rating, prompt.rng)}",
            ]
            rating = _rating(text, prompt.rng)
        lines += [f"Rating: {rating}", f"Rationale: {_rationale(text, rating, prompt.rng)}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _texts_to_judge(prompt: Prompt) -> tuple[list[str], str]:
    headings = list(_TEXT_HEADING.finditer(prompt.last))
    # A prompt may show the layout with placeholders first; the texts to judge come last.
    first = max((i for i, found in enumerate(headings) if found[1] == "1"), default=0)
    headings = headings[first:]
    ends = [heading.start() for heading in headings[1:]]
    closing = _END_OF_TEXTS.search(prompt.last, headings[-1].end())
    ends.append(closing.start() if closing else len(prompt.last))
    texts = [
        prompt.last[heading.end() : end].strip()
        for heading, end in zip(headings, ends, strict=True)
    ]
    before = prompt.text.removesuffix(prompt.last) + prompt.last[: headings[0].start()]
    return texts, before + "\n" + prompt.last[ends[-1] :]


def _rating(text: str, rng: random.Random) -> int:
    if not text:
        return 1
    # Mostly determined by the text, so that two judges of the same text tend to agree.
    own = random.Random(blake2b(text.encode(), digest_size=8).digest())
    rating = own.choices(_RATINGS, _RATING_WEIGHTS)[0]
    return min(5, max(1, rating + rng.choices((-1, 0, 1), (1, 4, 1))[0]))


def _error_types(rating: int, rng: random.Random) -> str:
    if rating == 5:
        return "None"
    count = rng.randint(1, 2)
    return ", ".join(str(kind) for kind in sorted(rng.sample((1, 2, 3, 4), count)))


def _rationale(text: str, rating: int, rng: random.Random) -> str:
    if not text:
        return "The text is empty, so there is nothing to value in it."
    topic = filler_text.topic_words(text)
    return f"{_PRAISE[5 - rating]}, most of all about {rng.choice(topic)} and {rng.choice(topic)}."


def _wants_better_response(prompt: Prompt) -> bool:
    return bool(_GIVEN_RESPONSE.search(prompt.last) and _REWRITTEN_RESPONSE.search(prompt.last))


def _write_better_response(prompt: Prompt) -> str:
    start = [found.end() for found in _GIVEN_RESPONSE.finditer(prompt.last)][-1]
    marks = [found.start() for found in _REWRITTEN_RESPONSE.finditer(prompt.last)]
    end = marks[-1] if marks[-1] > start else len(prompt.last)
    given = prompt.last[start:end].strip()
    added = filler_text.sentence(filler_text.topic_words(given or prompt.last), prompt.rng)
    return f"{given} {added}".lstrip()


def _wants_evolved_prompt(prompt: Prompt) -> bool:
    return bool(_GIVEN_PROMPT.search(prompt.last) and _NEW_PROMPT.search(prompt.last))


def _write_evolved_prompt(prompt: Prompt) -> str:
    start = [found.end() for found in _GIVEN_PROMPT.finditer(prompt.last)][-1]
    following = _ANY_EVOL_HEADING.search(prompt.last, start)
    given = prompt.last[start : following.start() if following else None].strip()
    heading = _NEW_PROMPT.findall(prompt.last)[-1]
    topic = filler_text.topic_words(given)
    added = prompt.rng.choice(_CONSTRAINTS).format(a=prompt.rng.choice(topic))
    return f"{heading}\n{f'{given} {added}'.strip()}"


def _is_users_turn(prompt: Prompt) -> bool:
    return bool(_USERS_TURN.search(prompt.text))


def _write_user_message(prompt: Prompt) -> str:
    return filler_text.user_message(prompt.rng)


def _write_plain_answer(prompt: Prompt) -> str:
    return filler_text.paragraphs(filler_text.topic_words(prompt.last), prompt.rng)


FORMATS: tuple[Format, ...] = (
    Format(_is_users_turn, _write_user_message),
    Format(_wants_judgement, _judge),
    Format(_wants_better_response, _write_better_response),
    Format(_wants_evolved_prompt, _write_evolved_prompt),
    Format(lambda prompt: True, _write_plain_answer),
)
"""All formats, tried in this order. The last one matches any prompt."""
