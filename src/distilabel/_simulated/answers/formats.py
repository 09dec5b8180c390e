"""The answer formats that prompts ask for, as a table; knows prompts only by their marks."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from distilabel._simulated import filler_text


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What a writer may look at.

    Attributes:
        prompt: All messages as one text, in order.
        last: The text of the last user message.
        rng: Seeded by the question, the model, the seed and the index of the answer.
    """

    prompt: str
    last: str
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Format:
    """One answer format: how a prompt that asks for it looks, and how it is written.

    Attributes:
        name: A short name, for people.
        recognise: Says whether a question asks for this format.
        write: Makes the answer.
    """

    name: str
    recognise: Callable[[PromptParts], bool]
    write: Callable[[PromptParts], str]


_TEXT_HEADING = re.compile(r"^#### Text (\d+)[ \t]*:?[ \t]*$", re.MULTILINE)
_OUTPUT_HEADING = re.compile(r"#### Output for Text \d+")
# What can follow the last judged text: else an empty last text would swallow the closing words.
_END_OF_TEXTS = re.compile(
    r"^(?:#### Output for Text \d+|#{1,3} (?:Output|Answer|Your|Format|Annotation)\b)", re.MULTILINE
)
_TYPE_LINE = re.compile(r"^[ \t]*Type:", re.MULTILINE)
_GIVEN_PROMPT = re.compile(r"^#(?:The )?Given Prompt#:", re.MULTILINE)
_GIVEN_RESPONSE = re.compile(r"^#(?:The )?Given Response#:", re.MULTILINE)
_REWRITTEN_RESPONSE = re.compile(r"^#Rewritten Response#:", re.MULTILINE)
_NEW_PROMPT = re.compile(r"^#(?:Rewritten|Created) Prompt#:", re.MULTILINE)
_ANY_EVOL_HEADING = re.compile(r"^#[^#\n]{1,40}#:", re.MULTILINE)

# What stands before a user's message, and nothing behind it: the model is to write that message.
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


def _asks_for_judgement(question: PromptParts) -> bool:
    return bool(_OUTPUT_HEADING.search(question.prompt) and _TEXT_HEADING.search(question.last))


def _judge(question: PromptParts) -> str:
    texts, rest = _judged_texts(question)
    with_type = _TYPE_LINE.search(rest) is not None
    blocks = []
    for number, text in enumerate(texts, start=1):
        lines = [f"#### Output for Text {number}"]
        rating = _rating(text, question.rng)
        if with_type:
            lines += [
                f"Type: {_kinds(rating, question.rng)}",
                f"Rationale: {_rationale(text, rating, question.rng)}",
            ]
            rating = _rating(text, question.rng)
        lines += [f"Rating: {rating}", f"Rationale: {_rationale(text, rating, question.rng)}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _judged_texts(question: PromptParts) -> tuple[list[str], str]:
    headings = list(_TEXT_HEADING.finditer(question.last))
    # A prompt may first show the layout with placeholders; the texts to judge are the last run.
    first = max((i for i, found in enumerate(headings) if found[1] == "1"), default=0)
    headings = headings[first:]
    ends = [heading.start() for heading in headings[1:]]
    closing = _END_OF_TEXTS.search(question.last, headings[-1].end())
    ends.append(closing.start() if closing else len(question.last))
    texts = [
        question.last[heading.end() : end].strip()
        for heading, end in zip(headings, ends, strict=True)
    ]
    before = question.prompt.removesuffix(question.last) + question.last[: headings[0].start()]
    return texts, before + "\n" + question.last[ends[-1] :]


def _rating(text: str, rng: random.Random) -> int:
    if not text:
        return 1
    # The text alone decides most of the rating, so that two judges of one text tend to agree.
    own = random.Random(blake2b(text.encode(), digest_size=8).digest())
    rating = own.choices(_RATINGS, _RATING_WEIGHTS)[0]
    return min(5, max(1, rating + rng.choices((-1, 0, 1), (1, 4, 1))[0]))


def _kinds(rating: int, rng: random.Random) -> str:
    if rating == 5:
        return "None"
    count = rng.randint(1, 2)
    return ", ".join(str(kind) for kind in sorted(rng.sample((1, 2, 3, 4), count)))


def _rationale(text: str, rating: int, rng: random.Random) -> str:
    if not text:
        return "The text is empty, so there is nothing to value in it."
    topic = filler_text.topic_words(text)
    return f"{_PRAISE[5 - rating]}, most of all about {rng.choice(topic)} and {rng.choice(topic)}."


def _asks_for_better_response(question: PromptParts) -> bool:
    return bool(_GIVEN_RESPONSE.search(question.last) and _REWRITTEN_RESPONSE.search(question.last))


def _better_response(question: PromptParts) -> str:
    start = [found.end() for found in _GIVEN_RESPONSE.finditer(question.last)][-1]
    marks = [found.start() for found in _REWRITTEN_RESPONSE.finditer(question.last)]
    end = marks[-1] if marks[-1] > start else len(question.last)
    given = question.last[start:end].strip()
    added = filler_text.sentence(filler_text.topic_words(given or question.last), question.rng)
    return f"{given} {added}".lstrip()


def _asks_for_evolved_prompt(question: PromptParts) -> bool:
    return bool(_GIVEN_PROMPT.search(question.last) and _NEW_PROMPT.search(question.last))


def _evolved_prompt(question: PromptParts) -> str:
    start = [found.end() for found in _GIVEN_PROMPT.finditer(question.last)][-1]
    following = _ANY_EVOL_HEADING.search(question.last, start)
    given = question.last[start : following.start() if following else None].strip()
    heading = _NEW_PROMPT.findall(question.last)[-1]
    topic = filler_text.topic_words(given)
    added = question.rng.choice(_CONSTRAINTS).format(a=question.rng.choice(topic))
    return f"{heading}\n{f'{given} {added}'.strip()}"


def _is_the_users_turn(question: PromptParts) -> bool:
    return bool(_USERS_TURN.search(question.prompt))


def _users_message(question: PromptParts) -> str:
    return filler_text.request(question.rng)


def _plain_chat(question: PromptParts) -> str:
    return filler_text.paragraphs(filler_text.topic_words(question.last), question.rng)


FORMATS: tuple[Format, ...] = (
    Format("a user's message", _is_the_users_turn, _users_message),
    Format("judgement of several texts", _asks_for_judgement, _judge),
    Format("better response", _asks_for_better_response, _better_response),
    Format("evolved prompt", _asks_for_evolved_prompt, _evolved_prompt),
    Format("plain chat", lambda question: True, _plain_chat),
)
"""Every format, tried in this order; the last one takes any question."""
