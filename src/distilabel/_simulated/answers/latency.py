"""Latency of the simulated model: parsed from text, drawn per answer."""

import math
import random
from dataclasses import dataclass
from typing import Literal

_SYNTAX = "'0.05', 'constant:0.05', 'uniform:0.1:0.3' or 'lognormal:0.2:1.0[:cap]' (seconds)"


@dataclass(frozen=True, slots=True)
class Latency:
    """Distribution of the time that an answer takes.

    Attributes:
        kind: Kind of the distribution.
        low: Seconds: the constant, the lower bound or the median.
        high: Upper bound in seconds (uniform only).
        sigma: Standard deviation of the logarithm, without unit (lognormal only).
        cap: Maximum in seconds (lognormal only).
    """

    kind: Literal["constant", "uniform", "lognormal"] = "constant"
    low: float = 0.0
    high: float = 0.0
    sigma: float = 0.0
    cap: float = math.inf

    @classmethod
    def parse(cls, text: str) -> "Latency":
        """Parses `0.05`, `constant:0.05`, `uniform:0.1:0.3` or `lognormal:0.2:1.0[:cap]`.

        Args:
            text: Kind and numbers. All are seconds, except the second of lognormal, its sigma.

        Returns:
            The latency.

        Raises:
            ValueError: The text has another form, or a number is negative or not finite.
        """
        kind, *rest = text.strip().split(":")
        if not rest:
            kind, rest = "constant", [kind]
        try:
            numbers = [float(part) for part in rest]
        except ValueError:
            numbers = []
        if numbers and all(math.isfinite(number) and number >= 0 for number in numbers):
            match kind, numbers:
                case "constant", [seconds]:
                    return cls("constant", seconds)
                case "uniform", [low, high] if low <= high:
                    return cls("uniform", low, high)
                case "lognormal", [median, sigma]:
                    return cls("lognormal", median, sigma=sigma)
                case "lognormal", [median, sigma, cap]:
                    return cls("lognormal", median, sigma=sigma, cap=cap)
        raise ValueError(f"invalid latency {text!r}: write {_SYNTAX}")

    def draw(self, rng: random.Random) -> float:
        """Draws the seconds that one answer takes."""
        if self.kind == "constant":
            return self.low
        if self.kind == "uniform":
            return rng.uniform(self.low, self.high)
        return min(self.cap, self.low * math.exp(rng.gauss(0.0, self.sigma)))

    def __str__(self) -> str:
        match self.kind:
            case "constant":
                return f"constant:{self.low}"
            case "uniform":
                return f"uniform:{self.low}:{self.high}"
            case _:
                cap = "" if math.isinf(self.cap) else f":{self.cap}"
                return f"lognormal:{self.low}:{self.sigma}{cap}"
