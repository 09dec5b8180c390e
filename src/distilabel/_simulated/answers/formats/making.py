"""Instructions, sentences, documents and conversations, as the tasks that make data ask for them.

A prompt is recognized by the layout it asks for, never by what the texts in it contain.
"""

import json
import re

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt

_QUERIES = re.compile(r"^Write exactly (\d+) quer(?:ies, one per line|y, on one line)\.", re.M)
_CONTEXT = re.compile(r"^# Context\n\n(.*?)(?=^# Output format)", re.DOTALL | re.MULTILINE)
_SECTIONS = re.compile(r"^## (Positive|Negative)\n\n<\w+ sentence>", re.MULTILINE)
_ANCHOR = re.compile(r"^## Anchor\n\n(.*)", re.DOTALL | re.MULTILINE)
_GENSTRUCT = re.compile(r"\A\[\[\[Title\]\]\].*\[\[\[User\]\]\]\s*\Z", re.DOTALL)
_OBJECT = re.compile(
    r"^Answer with one JSON object and nothing else: no introduction, no explanation and no code "
    r'fence\. Its keys are:\n\n((?:- "\w+": .*\n?)+)\Z',
    re.MULTILINE,
)
_KEY = re.compile(r'^- "(\w+)": ', re.MULTILINE)
_LABELS = ("label", "misleading_label")
_SOLUTION = re.compile(r"^## Solution\n\n<solution>\n\n## Final Answer", re.MULTILINE)
_REASONING = re.compile(r"^## Reasoning\n\n<reasoning>", re.MULTILINE)
_PLAYED_USER = re.compile(
    r"You play a person who talks to an AI assistant\..*^## Goal\n.*\bwrite \[END\] and nothing "
    r"else",
    re.DOTALL | re.MULTILINE,
)
_USER_TURNS = (
    "I need some help with {a}. Where do I start?",
    "Okay, but how does {a} go together with {b}?",
    "That is too general for me. What would you do about {a} today?",
    "And if {b} gets in the way?",
)
_TASKS = re.compile(r"^Answer with one Python list of strings and nothing else", re.MULTILINE)
_QUERY_KINDS = (
    "Explain what {a} has to do with {b}.",
    "Write a haiku about {a}.",
    "Compare {a} with {b} for somebody who knows neither.",
    "What are three common mistakes with {a}?",
    "Plan an afternoon around {a} and {b}.",
    "How did people deal with {a} before {b}?",
    "Summarize what a beginner has to know about {a}.",
    "List five questions about {a} that a child may ask.",
)
_TASK_KINDS = (
    "Given a question about {a}, retrieve passages that answer it",
    "Given the name of {a}, find the description of it",
    "Given a report about {a}, find one with the same result",
    "Classify messages about {a} by what their authors want",
)
_HAIKU = re.compile(r"\bhaiku\b.*\bthree lines of 5, 7 and 5 syllables\b", re.DOTALL)
_LONG_LINES = (
    "the river carries the moon", "nobody answers the door", "a crow shakes the frozen branch",
    "footsteps fill with falling snow", "the kettle begins to sing", "an old dog sleeps in the sun",
)  # fmt: skip
_SHORT_LINES = (
    "early morning rain", "a light in the barn", "the last leaf lets go", "silence on the hill",
    "warm bread on the sill", "cold stars after dusk",
)  # fmt: skip


def _write_haiku(prompt: Prompt) -> str:
    rng = prompt.rng
    first, last = rng.sample(_SHORT_LINES, 2)
    lines = [first, rng.choice(_LONG_LINES), last]
    for number in range(3):
        if rng.random() < 0.3:
            # A line of the wrong length.
            lines[number] += f", {rng.choice(filler_text.topic_words(prompt.last)).lower()}"
    return "\n".join(lines)


def _topic(text: str, prompt: Prompt) -> dict[str, str]:
    words = filler_text.topic_words(text)
    return {"a": prompt.rng.choice(words).lower(), "b": prompt.rng.choice(words).lower()}


def _write_queries(prompt: Prompt) -> str:
    asked = _QUERIES.search(prompt.last)
    context = _CONTEXT.search(prompt.last)
    text = context[1] if context else prompt.last
    count = int(asked[1]) if asked else 1
    kinds = prompt.rng.sample(_QUERY_KINDS, len(_QUERY_KINDS))
    return "\n".join(
        kinds[number % len(kinds)].format(**_topic(text, prompt)) for number in range(count)
    )


def _write_sentences(prompt: Prompt) -> str:
    found = _ANCHOR.search(prompt.last)
    words = filler_text.topic_words(found[1] if found else prompt.last)
    sections = []
    for name in _SECTIONS.findall(prompt.text):
        topic = words if name == "Positive" else filler_text.topic_words("")
        sections.append(f"## {name}\n\n{filler_text.sentence(topic, prompt.rng)}")
    return "\n\n".join(sections)


def _write_question_and_answer(prompt: Prompt) -> str:
    topic = filler_text.topic_words(prompt.last)
    a, b = prompt.rng.choice(topic), prompt.rng.choice(topic)
    answer = filler_text.paragraphs(topic, prompt.rng)
    return f"How does {a} relate to {b}?\n[[[Assistant]]] {answer}"


def _write_object(prompt: Prompt) -> str:
    asked = _OBJECT.search(prompt.last)
    keys = _KEY.findall(asked[1]) if asked else []
    topic = filler_text.topic_words(prompt.last.partition(" task is: ")[2].partition("\n")[0])
    values = {
        key: f"{key[:1]}{filler_text.words(1, prompt.rng)}"
        if key in _LABELS
        else filler_text.sentence(topic, prompt.rng)
        if "query" in key or key in ("S1", "S2", "S3")
        else filler_text.paragraphs(topic, prompt.rng)
        for key in keys
    }
    return json.dumps(values, ensure_ascii=False)


def _write_tasks(prompt: Prompt) -> str:
    subjects = [filler_text.user_message(prompt.rng).rstrip("?.").lower() for _ in range(20)]
    tasks = [
        _TASK_KINDS[number % len(_TASK_KINDS)].format(a=f"{subject!r}")
        for number, subject in enumerate(subjects)
    ]
    return json.dumps(tasks, ensure_ascii=False)


def _write_solution(prompt: Prompt) -> str:
    topic = filler_text.topic_words(prompt.last)
    steps = "\n".join(filler_text.sentence(topic, prompt.rng) for _ in range(3))
    reasoning = f"## Reasoning\n\n{steps}\n\n" if _REASONING.search(prompt.text) else ""
    solution = filler_text.sentence(topic, prompt.rng)
    return f"{reasoning}## Solution\n\n{solution}\n\n## Final Answer\n\n{prompt.rng.randint(1, 99)}"


def _write_turn_of_user(prompt: Prompt) -> str:
    goal = prompt.text.partition("## Goal\n\n")[2].partition("\n\n## How to play")[0]
    has_begun = not prompt.last.startswith("Hello! How can I help you?")
    if has_begun and prompt.rng.random() < 0.3:
        return "[END]"
    return prompt.rng.choice(_USER_TURNS).format(**_topic(goal, prompt))


FORMATS = (
    Format(lambda prompt: bool(_PLAYED_USER.match(prompt.text)), _write_turn_of_user),
    Format(lambda prompt: bool(_QUERIES.search(prompt.last)), _write_queries),
    Format(lambda prompt: bool(_SECTIONS.search(prompt.text)), _write_sentences),
    Format(lambda prompt: bool(_GENSTRUCT.search(prompt.last)), _write_question_and_answer),
    Format(lambda prompt: bool(_OBJECT.search(prompt.last)), _write_object),
    Format(lambda prompt: bool(_HAIKU.search(prompt.text)), _write_haiku),
    Format(lambda prompt: bool(_SOLUTION.search(prompt.text)), _write_solution),
    Format(lambda prompt: bool(_TASKS.search(prompt.last)), _write_tasks),
)
