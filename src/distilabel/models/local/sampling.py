"""Samples the tokens of a batch whose rows have arguments, seeds and structures of their own.

A row draws from its own random numbers, so that its text does not depend on the rows beside it.
"""

from __future__ import annotations

from typing import Any

from distilabel.models.local.generation_row import GenerationRow


class Sampler:
    """Chooses the next token of every row; a logits processor of transformers.

    Its scores have one best token per row, which greedy decoding takes.

    Args:
        rows: The rows, in the order of the batch.
        width: Length of the padded prompts. Padding repeats a token of the row's own text, so that
            it does not change what a repetition penalty counts.
        device: Device of the scores.
        torch: The package.
    """

    def __init__(self, rows: list[GenerationRow], width: int, device: Any, torch: Any) -> None:
        self._rows = rows
        self._width = width
        self._torch = torch
        self._device = device
        self._begin = [len(row.tokens) for row in rows]
        self._constrained = [
            (index, row) for index, row in enumerate(rows) if row.constraint is not None
        ]

        def column(name: str, unset: float) -> Any:
            """The values of an argument, one row each; None if no row sets it."""
            values = [row.arguments[name] for row in rows]
            if all(value == unset for value in values):
                return None
            return torch.tensor(values, device=device).unsqueeze(1)

        is_greedy = [
            not row.arguments["do_sample"] or row.arguments["temperature"] <= 0 for row in rows
        ]
        self._samples = not all(is_greedy)
        self._greedy = torch.tensor(is_greedy, device=device) if any(is_greedy) else None
        self._penalty = column("repetition_penalty", 1.0)
        self._temperature = column("temperature", 1.0)
        if self._temperature is not None and self._greedy is not None:
            self._temperature[self._greedy] = 1.0
        self._top_k = column("top_k", 0)
        self._top_p = column("top_p", 1.0)
        if self._top_p is not None:
            # 0 means all, as 1 does.
            self._top_p[(self._top_p <= 0) | (self._top_p >= 1)] = 2.0
        if self._top_k is not None:
            self._top_k[self._top_k <= 0] = torch.iinfo(torch.int64).max

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Returns scores with one best token per row."""
        torch = self._torch
        if self._penalty is not None:
            found = scores.gather(1, input_ids)
            changed = torch.where(found < 0, found * self._penalty, found / self._penalty)
            scores = scores.scatter(1, input_ids, changed)
        for index, row in self._constrained:
            if not row.finish_reason:
                assert row.constraint is not None
                allowed = torch.from_numpy(row.constraint.allowed(scores.shape[1]))
                scores[index].masked_fill_(~allowed.to(scores.device), -torch.inf)
        if not self._samples:
            return scores
        chosen = self._drawn(scores, input_ids.shape[1] - self._width)
        if self._greedy is not None:
            chosen = torch.where(self._greedy, scores.argmax(-1), chosen)
        return scores.scatter_(1, chosen.unsqueeze(1), torch.inf)

    def _drawn(self, scores: Any, step: int) -> Any:
        """Draws a token per row, by the inverse of the cumulative distribution."""
        torch = self._torch
        if self._temperature is not None:
            scores = scores / self._temperature
        draws = [row.draw(begin + step) for row, begin in zip(self._rows, self._begin, strict=True)]
        points = torch.tensor(draws, device=scores.device).unsqueeze(1)
        if self._top_k is None and self._top_p is None:
            masses = scores.softmax(-1).cumsum(-1)
            found = torch.searchsorted(masses, points * masses[:, -1:], right=True)
            return found.clamp_max_(scores.shape[1] - 1).squeeze(1)
        ordered, order = scores.sort(descending=True)
        if self._top_k is not None:
            ranks = torch.arange(ordered.shape[1], device=scores.device)
            ordered = ordered.masked_fill(ranks >= self._top_k, -torch.inf)
        shares = ordered.softmax(-1)
        masses = shares.cumsum(-1)
        last = masses.shape[1] - 1
        if self._top_p is not None:
            # A token stays if those before it do not reach the mass; the likeliest always does.
            outside = masses - shares >= self._top_p
            last = (masses.shape[1] - 1 - outside.sum(-1, keepdim=True)).clamp_min_(0)
            points = points * masses.gather(1, last)
        else:
            points = points * masses[:, -1:]
        found = torch.searchsorted(masses, points, right=True)
        return order.gather(1, torch.clamp(found, max=last)).squeeze(1)
