"""Samples the tokens of a batch whose rows have arguments, seeds and structures of their own.

A row draws from its own generator, so that its text does not depend on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distilabel.models.local.generation_row import GenerationRow


class Sampler:
    """Chooses the next token of every row; a logits processor of transformers.

    Its scores have one possible token per row, which greedy decoding takes.

    Args:
        rows: The rows, in the order of the batch.
        width: Length of the padded prompts.
        torch: The package.
    """

    def __init__(self, rows: list[GenerationRow], width: int, torch: Any) -> None:
        self._rows = rows
        self._width = width
        self._torch = torch
        column = self._column
        self._penalty = column([row.arguments["repetition_penalty"] for row in rows])
        self._penalizes = any(row.arguments["repetition_penalty"] != 1.0 for row in rows)
        greedy = [
            not row.arguments["do_sample"] or row.arguments["temperature"] <= 0 for row in rows
        ]
        self._greedy = torch.tensor(greedy)
        self._temperature = column(
            [
                1.0 if no else row.arguments["temperature"]
                for row, no in zip(rows, greedy, strict=True)
            ]
        )
        self._device: Any = None
        self._seen: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Returns scores that allow one token per row."""
        torch = self._torch
        scores = scores.float()
        if self._device != scores.device:
            self._device = scores.device
            for name in ("_penalty", "_temperature", "_greedy"):
                setattr(self, name, getattr(self, name).to(scores.device))
        if self._penalizes:
            scores = self._penalized(input_ids, scores)
        for index, row in enumerate(self._rows):
            if row.constraint is not None and not row.finish_reason:
                allowed = torch.from_numpy(row.constraint.allowed(scores.shape[1]))
                scores[index].masked_fill_(~allowed.to(scores.device), -torch.inf)
        best = scores.argmax(-1)
        scores = scores / self._temperature
        self._cut_unlikely(scores)
        masses = scores.softmax(-1).cumsum(-1)
        draws = [row.draws.random() for row in self._rows]
        point = torch.tensor(draws, device=scores.device).unsqueeze(1) * masses[:, -1:]
        drawn = torch.searchsorted(masses, point, right=True).squeeze(1)
        drawn = torch.where(self._greedy, best, drawn.clamp_max(scores.shape[1] - 1))
        only = torch.full_like(scores, -torch.inf)
        return only.scatter_(1, drawn.unsqueeze(1), 0.0)

    def _penalized(self, input_ids: Any, scores: Any) -> Any:
        torch = self._torch
        if self._seen is None:
            # The padding of a row must not count as its text.
            self._seen = input_ids.clone()
            for index, row in enumerate(self._rows):
                self._seen[index, : self._width - row.length] = input_ids[index, -1]
        else:
            self._seen = torch.cat([self._seen, input_ids[:, -1:]], 1)
        found = scores.gather(1, self._seen)
        changed = torch.where(found < 0, found * self._penalty, found / self._penalty)
        return scores.scatter(1, self._seen, changed)

    def _cut_unlikely(self, scores: Any) -> None:
        torch = self._torch
        for index, row in enumerate(self._rows):
            top_k, top_p = row.arguments["top_k"], row.arguments["top_p"]
            if 0 < top_k < scores.shape[1]:
                least = scores[index].topk(top_k).values[-1]
                scores[index].masked_fill_(scores[index] < least, -torch.inf)
            if 0 < top_p < 1:
                ordered, order = scores[index].sort(descending=True)
                masses = ordered.softmax(-1)
                # A token stays if those before it do not reach the mass.
                outside = masses.cumsum(-1) - masses >= top_p
                scores[index].scatter_(0, order, ordered.masked_fill(outside, -torch.inf))

    def _column(self, values: list[float]) -> Any:
        return self._torch.tensor(values, dtype=self._torch.float32).unsqueeze(1)


class Stopper:
    """Ends rows, and the batch; a stopping criterion of transformers.

    Args:
        rows: The rows, in the order of the batch.
        ends: Ids of the tokens that end a text.
        decode: Returns the text of tokens.
        on_end: Called with each row that has ended.
        are_waiting: Whether other rows wait: then half a batch of ended rows ends the batch.
        torch: The package.
    """

    def __init__(
        self,
        rows: list[GenerationRow],
        ends: frozenset[int],
        decode: Callable[[list[int]], str],
        on_end: Callable[[GenerationRow], None],
        are_waiting: Callable[[], bool],
        torch: Any,
    ) -> None:
        self._rows = rows
        self._ends = ends
        self._decode = decode
        self._on_end = on_end
        self._are_waiting = are_waiting
        self._torch = torch

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Returns which rows have ended."""
        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            if not row.finish_reason:
                self._add(row, token)
        ended = [bool(row.finish_reason) for row in self._rows]
        if not all(ended) and 2 * sum(ended) >= len(ended) and self._are_waiting():
            ended = [True] * len(ended)
        return self._torch.tensor(ended, device=input_ids.device)

    def _add(self, row: GenerationRow, token: int) -> None:
        if token in self._ends:
            row.finish_reason = "stop"
        else:
            row.tokens.append(token)
            if row.constraint is not None:
                row.constraint.add(token)
            is_complete = row.constraint is not None and row.constraint.is_complete
            if is_complete or (row.arguments["stop"] and self._stops(row)):
                row.finish_reason = "stop"
            elif len(row.tokens) >= row.arguments["max_new_tokens"]:
                row.finish_reason = "length"
        if row.finish_reason:
            self._on_end(row)

    def _stops(self, row: GenerationRow) -> bool:
        longest = max(map(len, row.arguments["stop"]))
        # A token has at least a byte, a character at most four.
        end = self._decode(row.tokens[-4 * longest - 8 :])
        if not any(stop in end for stop in row.arguments["stop"]):
            return False
        text = self._decode(row.tokens)
        found = [at for stop in row.arguments["stop"] if (at := text.find(stop)) >= 0]
        row.cut = min(found, default=None)
        return row.cut is not None
