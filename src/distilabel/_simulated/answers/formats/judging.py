"""Scores, verdicts, revisions and labels, as the judging tasks ask for them.

A prompt is recognized by the layout it asks for, which comes last or first in it, never by what the
texts to judge contain.
"""

import json
import re

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt
from distilabel._simulated.answers.formats.ultrafeedback import rating_of

_RESULT = re.compile(r"\A###Task Description:.*\[RESULT\].*^###Feedback:\s*\Z", re.DOTALL | re.M)
_RESPONSES = re.compile(
    r"^(?:###|## )Response (?P<letter>[AB]):?[ \t]*\n(?P<text>.*?)(?=\n#{2,3} ?\w|\Z)",
    re.DOTALL | re.MULTILINE,
)
_ONE_RESPONSE = re.compile(
    r"^(?:###Response to evaluate:|## (?:Response|Answer))[ \t]*\n(.*?)(?=\n#{2,3} ?\w|\Z)",
    re.DOTALL | re.MULTILINE,
)
_SCORE_LINES = re.compile(r"(?:^\[\d+\] Score: <[^>\n]*>\s*)+\Z", re.MULTILINE)
_ITEM = re.compile(r"^\[(\d+)\] (?!Score: <)(.*)$", re.MULTILINE)
_LAST_SCORE = re.compile(r"^Score: <[^>\n]*>\s*\Z", re.MULTILINE)
_VERDICT = re.compile(r"^Verdict: <([^>\n]*)>\s*\Z", re.MULTILINE)
_CRITERION = re.compile(
    r"^#### Criterion: (?P<name>.+)\nRationale: <[^>\n]*>\n"
    r"Score: <whole number from 1 to (?P<highest>\d+)>",
    re.MULTILINE,
)
_REVISION = re.compile(r"\{teacher_reasoning\}.*\{corrected_student_solution\}", re.DOTALL)
_SOLUTION = re.compile(r"^\{student_solution\}:[ \t]*\n?(.*?)(?=\n---\n|\Z)", re.DOTALL | re.M)
_LABELS = re.compile(r'^\{"labels": (?P<many>\[)?"[^\n]*\}\s*(?:```\s*)?\Z', re.MULTILINE)
_LABEL_LIST = re.compile(r"^labels = \[\n(.*?)^\]", re.DOTALL | re.MULTILINE)
_LABEL = re.compile(r'^[ \t]*("(?:[^"\\]|\\.)*")', re.MULTILINE)


def _feedback(text: str, rating: int, prompt: Prompt) -> str:
    words = filler_text.topic_words(text or prompt.last)
    kind = "well" if rating > 3 else "in part" if rating > 1 else "hardly"
    return f"The response deals {kind} with {prompt.rng.choice(words)}."


def _responses(prompt: Prompt) -> list[str]:
    """Returns responses A and B."""
    found = {match["letter"]: match["text"].strip() for match in _RESPONSES.finditer(prompt.last)}
    return [found.get("A", ""), found.get("B", "")]


def _response(prompt: Prompt) -> str:
    found = _ONE_RESPONSE.search(prompt.last)
    return found[1].strip() if found else ""


def _compare(prompt: Prompt) -> tuple[str, str]:
    first, second = _responses(prompt)
    ratings = rating_of(first, prompt.rng), rating_of(second, prompt.rng)
    better = "A" if ratings[0] > ratings[1] else "B" if ratings[1] > ratings[0] else "tie"
    return better, _feedback(first + " " + second, max(ratings), prompt)


def _write_result(prompt: Prompt) -> str:
    if '[RESULT] <"A" or "B">' not in prompt.last and "###Response B:" not in prompt.last:
        response = _response(prompt)
        rating = rating_of(response, prompt.rng)
        return f"Feedback: {_feedback(response, rating, prompt)} [RESULT] {rating}"
    better, feedback = _compare(prompt)
    letter = better if better != "tie" else prompt.rng.choice("AB")
    return f"Feedback: {feedback} [RESULT] {letter}"


def _write_scores(prompt: Prompt) -> str:
    lines = _SCORE_LINES.search(prompt.last)
    assert lines is not None
    count = lines[0].count("] Score: <")
    texts = {int(item[1]): item[2] for item in _ITEM.finditer(prompt.last[: lines.start()])}
    ratings = [rating_of(texts.get(n, ""), prompt.rng) for n in range(1, count + 1)]
    ranks = {rating: rank for rank, rating in enumerate(sorted(set(ratings)), start=1)}
    return "\n".join(f"[{n}] Score: {ranks[r]}" for n, r in enumerate(ratings, start=1))


def _write_score(prompt: Prompt) -> str:
    response = _response(prompt)
    rating = rating_of(response, prompt.rng)
    return f"{_feedback(response, rating, prompt)}\n\nScore: {rating}"


def _write_verdict(prompt: Prompt) -> str:
    better, rationale = _compare(prompt)
    asked = _VERDICT.search(prompt.last)
    if better == "tie" and asked is not None and "tie" not in asked[1]:
        better = prompt.rng.choice("AB")
    return f"Rationale: {rationale}\nVerdict: {better}"


def _write_criteria(prompt: Prompt) -> str:
    response = _response(prompt)
    blocks = []
    for block in _CRITERION.finditer(prompt.last):
        rating = rating_of(f"{block['name']} {response}" if response else "", prompt.rng)
        score = 1 + (rating - 1) * (int(block["highest"]) - 1) // 4
        blocks.append(
            f"#### Criterion: {block['name']}\n"
            f"Rationale: {_feedback(response, rating, prompt)}\nScore: {score}"
        )
    return "\n\n".join(blocks)


def _write_revision(prompt: Prompt) -> str:
    found = _SOLUTION.search(prompt.last)
    solution = found[1].strip() if found else ""
    words = filler_text.topic_words(solution or prompt.last)
    reasoning = f"The part about {prompt.rng.choice(words)} needs more precision."
    revised = f"{solution} {filler_text.sentence(words, prompt.rng)}".strip()
    return f"{{teacher_reasoning}}: {reasoning}\n\n{{corrected_student_solution}}: {revised}"


def _write_labels(prompt: Prompt) -> str:
    asked = _LABELS.search(prompt.last)
    listed = _LABEL_LIST.search(prompt.last)
    labels = [json.loads(label) for label in _LABEL.findall(listed[1])] if listed else []
    labels = labels or filler_text.topic_words(prompt.last)
    if asked is None or not asked["many"]:
        return json.dumps({"labels": prompt.rng.choice(labels)})
    count = min(asked[0].count('"') // 2 - 1, len(labels))
    return json.dumps({"labels": prompt.rng.sample(labels, count)})


FORMATS = (
    Format(lambda prompt: bool(_RESULT.search(prompt.last)), _write_result),
    Format(lambda prompt: bool(_SCORE_LINES.search(prompt.last)), _write_scores),
    Format(lambda prompt: bool(_VERDICT.search(prompt.last)), _write_verdict),
    Format(lambda prompt: bool(_CRITERION.search(prompt.last)), _write_criteria),
    Format(lambda prompt: bool(_LAST_SCORE.search(prompt.last)), _write_score),
    Format(lambda prompt: bool(_REVISION.search(prompt.last)), _write_revision),
    Format(lambda prompt: bool(_LABELS.search(prompt.last)), _write_labels),
)
