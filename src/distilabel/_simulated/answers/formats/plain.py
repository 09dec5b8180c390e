"""Messages of users and plain answers."""

import re

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt

# Start of a user's turn at the very end: the model is to write the user's message.
_USERS_TURN = re.compile(
    r"(?:<\|im_start\|>user\n|<\|start_header_id\|>user<\|end_header_id\|>\n\n)\Z"
)


def _is_users_turn(prompt: Prompt) -> bool:
    return bool(_USERS_TURN.search(prompt.text))


def _write_user_message(prompt: Prompt) -> str:
    return filler_text.user_message(prompt.rng)


def _write_plain_answer(prompt: Prompt) -> str:
    return filler_text.paragraphs(filler_text.topic_words(prompt.last), prompt.rng)


USERS_TURN = Format(_is_users_turn, _write_user_message)
PLAIN = Format(lambda prompt: True, _write_plain_answer)
"""Matches any prompt."""
