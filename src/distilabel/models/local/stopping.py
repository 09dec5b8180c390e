"""Ends the rows of a batch: at an end token, a stop string, the end of a structure, the length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from distilabel.models.local.generation_row import GenerationRow

# Every so many steps the new tokens are read: reading them costs more than computing a few tokens
# of rows that a stop string has ended.
STEPS: Final = 8


class Stopper:
    """Ends rows, and the batch; a stopping criterion of transformers.

    Args:
        rows: The rows, in the order of the batch.
        width: Length of the padded prompts.
        ends: Ids of the tokens that end a text.
        decode: Returns the text of tokens.
        on_end: Called with each row that has ended.
        may_grow: Whether a new batch of the rows that run, of which it gets the number, and of
            those that wait would be much larger. Then the batch ends.
        device: Device of the tokens.
        torch: The package.
    """

    def __init__(
        self,
        rows: list[GenerationRow],
        width: int,
        ends: frozenset[int],
        decode: Callable[[list[int]], str],
        on_end: Callable[[GenerationRow], None],
        may_grow: Callable[[int], bool],
        device: Any,
        torch: Any,
    ) -> None:
        self._rows = rows
        self._ends = ends
        self._decode = decode
        self._on_end = on_end
        self._may_grow = may_grow
        self._torch = torch
        self._read = self._width = width
        self._constrained = [
            (index, row) for index, row in enumerate(rows) if row.constraint is not None
        ]
        self._end_ids = torch.tensor(sorted(ends), device=device)
        self._done = torch.zeros(len(rows), dtype=torch.bool, device=device)
        left = [row.left for row in rows]
        # If all may be equally long, transformers ends them.
        self._left = torch.tensor(left, device=device) if len(set(left)) > 1 else None

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Returns which rows have ended."""
        length = input_ids.shape[1]
        # Not in place: transformers keeps what is returned.
        self._done = self._done | (input_ids[:, -1:] == self._end_ids).any(1)
        if self._left is not None:
            self._done = self._done | (self._left <= length - self._width)
        for index, row in self._constrained:
            # The next step needs their tokens.
            if not row.finish_reason:
                self._take(index, row, [int(input_ids[index, -1])])
        if length - self._read >= STEPS:
            self.read(input_ids)
            running = sum(not row.finish_reason for row in self._rows)
            if running and self._may_grow(running):
                self._done = self._torch.ones_like(self._done)
        return self._done

    def read(self, input_ids: Any) -> None:
        """Reads the new tokens; the batch calls it once more when it has ended.

        Args:
            input_ids: Tokens of the batch, prompts included.
        """
        new = input_ids[:, self._read :].tolist()
        self._read = input_ids.shape[1]
        for index, (row, tokens) in enumerate(zip(self._rows, new, strict=True)):
            if not row.finish_reason and row.constraint is None:
                self._take(index, row, tokens)

    def _take(self, index: int, row: GenerationRow, tokens: list[int]) -> None:
        """Adds tokens to a row, up to its end."""
        reason = ""
        before = len(row.tokens)
        for token in tokens:
            if token in self._ends:
                reason = "stop"
                break
            row.tokens.append(token)
            if row.constraint is not None:
                row.constraint.add(token)
                reason = "stop" if row.constraint.is_complete else ""
            if row.left == 0:
                reason = reason or "length"
            if reason:
                break
        if row.arguments["stop"] and self._cut(row, before):
            reason = "stop"
        if reason:
            row.finish_reason = reason
            self._done[index] = True
            self._on_end(row)

    def _cut(self, row: GenerationRow, before: int) -> bool:
        """Ends a row at the token that completes a stop string.

        Args:
            row: The row.
            before: Number of its tokens that have none.

        Returns:
            Whether there is a stop string.
        """
        stops = row.arguments["stop"]
        # A token has at least a byte, a character at most four.
        begin = max(0, before - 4 * max(map(len, stops)) - 8)
        end = self._decode(row.tokens[begin:])
        if not any(stop in end for stop in stops):
            return False
        for count in range(before + 1, len(row.tokens) + 1):
            text = self._decode(row.tokens[:count])
            found = [at for stop in stops if (at := text.find(stop)) >= 0]
            if found:
                del row.tokens[count:]
                row.cut = min(found)
                return True
        return False
