"""Ratings of numbered texts, as `UltraFeedback` asks for them."""

import random
import re
from hashlib import blake2b

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt

_TEXT_HEADING = re.compile(r"^#### Text (\d+)[ \t]*:?[ \t]*$", re.MULTILINE)
_OUTPUT_HEADING = re.compile(r"#### Output for Text \d+")
# Headings after the last judged text. Without them, an empty last text would take in what follows.
_END_OF_TEXTS = re.compile(
    r"^(?:#### Output for Text \d+|#{1,3} (?:Output|Answer|Your|Format|Annotation)\b)", re.MULTILINE
)
_TYPE_LINE = re.compile(r"^[ \t]*Type:", re.MULTILINE)

_PRAISE = (
    "The text does what was asked and stays clear throughout",
    "The text covers the main points with only small gaps",
    "The text is partly right but leaves out something that matters",
    "The text misses much of what was asked",
    "The text does not answer what was asked",
)

_RATINGS = (1, 2, 3, 4, 5)
_RATING_WEIGHTS = (1, 2, 4, 5, 4)


def _wants_judgement(prompt: Prompt) -> bool:
    return bool(_OUTPUT_HEADING.search(prompt.text) and _TEXT_HEADING.search(prompt.last))


def _judge(prompt: Prompt) -> str:
    texts, rest = _texts_to_judge(prompt)
    with_type = _TYPE_LINE.search(rest) is not None
    blocks = []
    for number, text in enumerate(texts, start=1):
        lines = [f"#### Output for Text {number}"]
        rating = rating_of(text, prompt.rng)
        if with_type:
            lines += [
                f"Type: {_error_types(rating, prompt.rng)}",
                f"Rationale: {_rationale(text, rating, prompt.rng)}",
            ]
            rating = rating_of(text, prompt.rng)
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


def rating_of(text: str, rng: random.Random) -> int:
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


FORMATS = (Format(_wants_judgement, _judge),)
