"""Writes readable English from sentence templates and the words of another text."""

import random
import re

_WORD = re.compile(r"[^\W\d_][^\W\d_'-]{3,23}")

# Words without a topic: an answer about them would read as if it had missed the prompt.
_STOP_WORDS_TEXT = """
    about above after again against also answer because been before being below between both
    could create describe does doing done down during each explain every from further generate
    give given have having here hers herself himself into itself just like list make many more
    most much must myself need only other ours over please provide question same shall should
    show some such suggest tell than that their theirs them then there these they thing things
    this those through under until using very want were what when where which while whom will
    with without would write your yours yourself help
"""
_STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())

_FALLBACK_WORDS = ("practice", "evidence", "purpose", "detail", "context", "balance")

_OPENINGS = (
    "A good place to start with {a} is the question of what it is meant to achieve.",
    "There are several ways to look at {a}, and each of them says something about {b}.",
    "In short, {a} matters most when {b} is taken into account from the beginning.",
    "The simplest way to think about {a} is to picture how it meets {b} on an ordinary day.",
    "Most people meet {a} long before they have a name for it.",
    "It helps to keep {a} and {b} apart for a moment before joining them again.",
)

_MIDDLES = (
    "Start with the part of {a} that you can check by yourself.",
    "A small example makes this clear: change {a} a little and watch what happens to {b}.",
    "On the other hand, too much attention to {a} can hide the role that {b} plays.",
    "First, write down what you already know about {a}.",
    "Second, compare it with {b} and mark every difference that would change the result.",
    "This is where {b} comes in, since it sets the limits within which {a} can work.",
    "For instance, a team that cares for {a} will usually find out early whether {b} holds up.",
    "The details of {a} vary from case to case, yet the pattern stays much the same.",
    "It is tempting to skip {b}, but that step costs little and prevents most mistakes.",
    "Some would argue that {a} comes first; others begin with {b} and arrive at the same point.",
    "Keep the first attempt modest, and let {a} grow only after {b} is in order.",
    "Think of {a} as the frame and of {b} as the picture inside it.",
    "None of this requires special tools, only patience with {a}.",
    "When time is short, {b} is the part to protect.",
    "What counts in the end is whether {a} still makes sense to someone who sees it fresh.",
)

_CLOSINGS = (
    "With that in place, {a} takes care of itself more often than not.",
    "Taken together, {a} and {b} give a fair picture of the whole.",
    "If only one idea stays with you, let it be that {a} rewards careful work.",
    "From here, the next step is to try it with {b} and note what you learn.",
)

_USER_MESSAGES = (
    "Explain {a} to a {b}.",
    "What should a {b} know about {a}?",
    "Write a short story about {a} for a {b}.",
    "Give me five tips on {a}; I am a {b}.",
    "How did {a} change the work of a {b}?",
    "Make a plan for a {b} who wants to learn about {a} in {n} days.",
    "What are {n} common mistakes with {a}, and how does a {b} avoid them?",
    "Compare two ways to deal with {a} from the view of a {b}.",
    "Draft an email of {n} sentences in which a {b} asks about {a}.",
    "I have {n} minutes left. What would a {b} read about {a}?",
)

_SUBJECTS = (
    "bread", "bridges", "budgets", "calendars", "chess", "compost", "fractions", "ice",
    "lighthouses", "maps", "medicine", "migration", "owls", "passwords", "poems", "rivers",
    "sleep", "spices", "sorting", "tides", "trains", "vaccines", "volcanoes", "wool",
)  # fmt: skip

_PEOPLE = (
    "baker", "beginner", "child", "doctor", "farmer", "friend", "gardener", "lawyer",
    "nurse", "parent", "pilot", "programmer", "sailor", "student", "teacher", "tourist",
)  # fmt: skip

_SENTENCES_PER_PARAGRAPH = 4
_MIN_WORDS = 20
_MAX_WORDS = 150


def topic_words(text: str) -> list[str]:
    """Returns the words of a text that say what it is about.

    Args:
        text: Any text. Only its first 4000 characters are used.

    Returns:
        Distinct words in order of appearance; neutral words if the text has none.
    """
    found = dict.fromkeys(
        word for word in _WORD.findall(text[:4000]) if word.lower() not in _STOP_WORDS
    )
    return list(found) or list(_FALLBACK_WORDS)


def paragraphs(topic: list[str], rng: random.Random) -> str:
    """Writes one or more paragraphs of 20 to 150 words about the given words."""
    wanted = rng.randint(_MIN_WORDS, _MAX_WORDS)
    sentences = [_fill(rng.choice(_OPENINGS), topic, rng)]
    closing = _fill(rng.choice(_CLOSINGS), topic, rng)
    count = _word_count(sentences[0]) + _word_count(closing)
    templates = rng.sample(_MIDDLES, len(_MIDDLES))
    while templates and (count < wanted or count < _MIN_WORDS):
        sentence = _fill(templates.pop(), topic, rng)
        length = _word_count(sentence)
        if count + length > _MAX_WORDS:
            break
        sentences.append(sentence)
        count += length
    sentences.append(closing)
    starts = range(0, len(sentences), _SENTENCES_PER_PARAGRAPH)
    return "\n\n".join(
        " ".join(sentences[start : start + _SENTENCES_PER_PARAGRAPH]) for start in starts
    )


def sentence(topic: list[str], rng: random.Random) -> str:
    """Writes one sentence, without line breaks, about the given words."""
    return _fill(rng.choice(_MIDDLES), topic, rng)


def user_message(rng: random.Random) -> str:
    """Writes a message that a user might send to a model."""
    return rng.choice(_USER_MESSAGES).format(
        a=rng.choice(_SUBJECTS), b=rng.choice(_PEOPLE), n=rng.randint(2, 30)
    )


def words(count: int, rng: random.Random) -> str:
    """Writes `count` lower-case words, separated by single spaces."""
    return " ".join(rng.choice(_FALLBACK_WORDS) for _ in range(count))


def _fill(template: str, topic: list[str], rng: random.Random) -> str:
    first = rng.choice(topic)
    others = [word for word in topic if word != first]
    return template.format(a=first, b=rng.choice(others or _FALLBACK_WORDS))


def _word_count(text: str) -> int:
    return text.count(" ") + 1
