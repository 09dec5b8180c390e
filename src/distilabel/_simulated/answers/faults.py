"""Faults of the simulated model: parsed from text, drawn per answer."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

KINDS: Mapping[str, str] = {
    "drop": "the connection is closed without an answer",
    "reset": "the connection is closed in the middle of the body",
    "hang": "no answer ever comes",
    "slow": "the body comes in dribbles",
    "malformed": "status 200 with broken JSON",
    "no_choices": "status 200 without any choice",
    "empty": "the content is an empty text",
    "null": "the content is null",
    "length": "the content is cut, finish_reason is length",
    "content_filter": "the content is cut, finish_reason is content_filter",
}
"""The faults with a name, each with what a client sees; any HTTP status 400 to 599 is one too."""

SLOW_SECONDS = 2.0
"""How many seconds an answer takes longer under the fault `slow`."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which share of the answers goes wrong, and how.

    Attributes:
        shares: For each fault (an HTTP status as text, or a name of `KINDS`) its share, 0 to 1.
    """

    shares: Mapping[str, float]

    @classmethod
    def parse(cls, faults: Iterable[str] | Mapping[str, float] = ()) -> "Faults":
        """Reads `["429=0.05", "drop=0.01"]`, or the same as a mapping.

        Args:
            faults: Each fault with its share of all answers, 0 to 1.

        Returns:
            The faults.

        Raises:
            ValueError: A fault is unknown, is named twice, a share is none, or they sum above 1.
        """
        if isinstance(faults, str):
            raise ValueError(f"fault {faults!r} is not understood: write a list of them")
        pairs = faults.items() if isinstance(faults, Mapping) else map(_split, faults)
        shares: dict[str, float] = {}
        for name, share in pairs:
            _check(name, share)
            if name in shares:
                raise ValueError(f"fault {name!r} is given twice")
            shares[name] = float(share)
        if (total := math.fsum(shares.values())) > 1:
            raise ValueError(f"the shares of all faults sum to {total:g}, more than 1")
        return cls(shares)

    def draw(self, rng: random.Random) -> str | None:
        """Draws the fault of one answer; None for an answer without fault."""
        if not self.shares:
            return None
        point = rng.random()
        for name, share in self.shares.items():
            if point < share:
                return name
            point -= share
        return None


def _split(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name.strip(), float(share)
    except ValueError:
        raise ValueError(
            f"fault {text!r} is not understood: write NAME=SHARE, such as '429=0.05' or 'drop=0.01'"
        ) from None


def _check(name: str, share: float) -> None:
    is_status = name.isascii() and name.isdigit() and 400 <= int(name) <= 599
    if not is_status and name not in KINDS:
        raise ValueError(
            f"fault {name!r} is not known: write an HTTP status from 400 to 599, such as '429', "
            f"or one of {', '.join(KINDS)}"
        )
    # JSON settings come in here unchecked, so that a share can be anything.
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise ValueError(f"the share of fault {name!r} must be from 0 to 1, not {share!r}")
