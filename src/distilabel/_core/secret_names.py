"""Which names and values of options are secret, whatever class they belong to.

A name is secret by its last words: `db_password`, `x-api-key` and `accessToken` are, `max_tokens`,
`tokenizer`, `key_column` and `password_hint` are not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Words after the noun that do not change what the value is.
_SUFFIXES: Final = frozenset({"b", "str", "string", "text", "value"})
_NOUNS: Final = frozenset(
    {
        "accesskey",
        "accesstoken",
        "apikey",
        "apikeys",
        "apitoken",
        "auth",
        "authorization",
        "authtoken",
        "bearer",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "dsn",
        "pass",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "privatekey",
        "pwd",
        "secret",
        "secretkey",
        "secrets",
    }
)
# Words before `key` that make it a secret one.
_OF_KEYS: Final = frozenset(
    [
        "access",
        "account",
        "api",
        "auth",
        "client",
        "encryption",
        "license",
        "master",
        "private",
        "secret",
        "service",
        "shared",
        "signing",
        "subscription",
    ]
)
# Words before `token` that make it a piece of text.
_OF_TEXT: Final = frozenset(
    [
        "audio",
        # Ends a step of reasoning, in data for process reward models.
        "step",
        "begin",
        "bos",
        "cls",
        "end",
        "eos",
        "first",
        "image",
        "last",
        "mask",
        "max",
        "min",
        "new",
        "next",
        "pad",
        "per",
        "prev",
        "previous",
        "sep",
        "special",
        "start",
        "stop",
        "think",
        "tool",
        "top",
        "unk",
        "video",
    ]
)
_OF_TOKENS: Final = frozenset({"access", "api", "auth", "bearer", "refresh"})
# A special token of a model, like `<|user|>` or `[SEP]`.
_MARKER: Final = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
# Keys of providers, signed tokens, and headers with one.
_SHAPE: Final = re.compile(
    r"(?:sk|pk|rk)[-_][\w-]{16,}|hf_\w{16,}|gsk_\w{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}"
    r"|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{30,}|r8_\w{16,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?:bearer|basic)\s+\S{6,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*",
    re.I,
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a value of this name is secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in _SUFFIXES and words[-2:] != ["connection", "string"]:
        words.pop()
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in ("key", "keys"):
        return before in _OF_KEYS
    if last == "token":
        return before not in _OF_TEXT
    if last == "tokens":
        return before in _OF_TOKENS
    return last in _NOUNS or words[-2:] == ["connection", "string"]


def has_secret_shape(value: Any) -> bool:
    """Whether a value looks like a key, whatever its name."""
    return isinstance(value, str) and _SHAPE.fullmatch(value.strip()) is not None


def is_secret_item(name: object, value: Any, *, is_option: bool) -> bool:
    """Whether an item of a dict, or a field, is secret.

    Args:
        name: Its name.
        value: Its value. Numbers, booleans and None are never secret.
        is_option: Whether it is an option of a client or a request. Elsewhere, such as in a dict of
            prompts by name, a text with spaces is not secret by its name.
    """
    if has_secret_shape(value):
        return True
    if not isinstance(name, str) or not is_secret_name(name):
        return False
    if isinstance(value, str):
        if not value or _MARKER.fullmatch(value):
            return False
        return is_option or not any(map(str.isspace, value.strip()))
    kinds = (bytes, list, tuple, dict) if is_option else (bytes,)
    return isinstance(value, kinds) and bool(value)
