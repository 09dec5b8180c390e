"""Constrained decoding: which tokens may come next, so that a text follows a structure.

llguidance compiles a schema in milliseconds, also with large vocabularies, and obeys minimum and
maximum, which is why a different schema in every row is fast.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import orjson

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError

_MOST_COMPILED: Final = 1024


class Constraints:
    """Compiles structures for one vocabulary; compiled ones are kept.

    Args:
        tokenizer: `LLTokenizer` of llguidance for the vocabulary.
        subject: Class and name of the model, for messages.
        extra: Extra of distilabel that installs llguidance.
    """

    def __init__(self, tokenizer: Any, subject: str, extra: str) -> None:
        self._library = import_extra("llguidance", extra=extra, subject=subject)
        self._masks = import_extra("llguidance.numpy", extra=extra, subject=subject)
        self._tokenizer = tokenizer
        self._subject = subject
        self._matcher = lru_cache(maxsize=_MOST_COMPILED)(self._compile)

    def start(self, kind: str, value: Any) -> TokenConstraint:
        """Begins a text.

        Args:
            kind: Kind of a `Structure`.
            value: Its value.

        Raises:
            DistilabelUserError: It cannot be compiled; the message says why.
        """
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return TokenConstraint(self._matcher(kind, text).deep_copy(), self._masks, self._tokenizer)

    def _compile(self, kind: str, text: str) -> Any:
        matcher = self._library.LLMatcher
        try:
            if kind == "json":
                schema = orjson.loads(text)
                # Spaces wherever JSON allows them let a small model write nothing else.
                options = {"whitespace_flexible": False}
                grammar = matcher.grammar_from_json_schema(schema, overrides=options)
            elif kind == "grammar":
                grammar = self._library.grammar_from("grammar", text)
            else:
                choices = orjson.loads(text) if kind == "choice" else None
                pattern = text if choices is None else "|".join(map(re.escape, choices))
                grammar = matcher.grammar_from_regex(f"(?:{pattern})")
            compiled = matcher(self._tokenizer, grammar)
            error = compiled.get_error() if compiled.is_error() else ""
        except Exception as caught:  # noqa: BLE001 (the library raises what it likes)
            error = str(caught)
        if error:
            raise DistilabelUserError(
                f"{self._subject}: structured_output cannot be used ({kind}): {error}"
            )
        return compiled


class TokenConstraint:
    """The state of one text that follows a structure.

    Args:
        matcher: Matcher of llguidance, which this object changes.
        masks: Module with its bit masks.
        tokenizer: `LLTokenizer` of the vocabulary.
    """

    def __init__(self, matcher: Any, masks: Any, tokenizer: Any) -> None:
        self._matcher = matcher
        self._masks = masks
        self._bits = masks.allocate_token_bitmask(1, tokenizer.vocab_size)

    @property
    def is_complete(self) -> bool:
        """Whether nothing can follow."""
        return bool(self._matcher.is_stopped())

    def allowed(self, size: int) -> Any:
        """Returns which tokens may come next, as a numpy array of booleans.

        Args:
            size: Number of tokens that the model scores.
        """
        import numpy as np

        self._masks.fill_next_token_bitmask(self._matcher, self._bits)
        bits = np.unpackbits(self._bits[0].view(np.uint8), bitorder="little").astype(bool)
        if len(bits) < size:
            bits = np.concatenate([bits, np.zeros(size - len(bits), dtype=bool)])
        return bits[:size]

    def add(self, token: int) -> None:
        """Records the next token.

        Args:
            token: One that was allowed.
        """
        self._matcher.consume_token(token)


class LogitsMask:
    """Follows a text that an engine generates token by token, for its logits processor.

    Args:
        constraint: What the text has to follow.
        end: Id of the token that ends a text, the only one allowed when nothing can follow.
    """

    def __init__(self, constraint: TokenConstraint, end: int) -> None:
        self._constraint = constraint
        self._end = end
        self._has_begun = False

    def __call__(self, last: int, size: int) -> Any:
        """Returns which tokens may come next, as a numpy array of booleans.

        Args:
            last: The token before; in the first call it is of the prompt, and is left out.
            size: Number of tokens that the model scores.
        """
        import numpy as np

        if self._has_begun and not self._constraint.is_complete:
            self._constraint.add(last)
        self._has_begun = True
        if not self._constraint.is_complete:
            return self._constraint.allowed(size)
        allowed = np.zeros(size, dtype=bool)
        allowed[self._end] = True
        return allowed
