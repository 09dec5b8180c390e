"""Faults of the simulated model: parsed from text, drawn per request."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FAULT_NAMES: Mapping[str, str] = {
    "drop": "the connection is closed without a response",
    "reset": "the connection is closed in the middle of the body",
    "hang": "no response is ever sent",
    "slow": "the body is sent in small pieces",
    "malformed": "status 200 with broken JSON",
    "no_choices": "status 200 without any choice",
    "empty": "the content is an empty string",
    "null": "the content is null",
    "length": "the content is cut, finish_reason is length",
    "content_filter": "the content is cut, finish_reason is content_filter",
}
"""Faults by name, with what a client sees. Any HTTP status from 400 to 599 is a fault too."""

SLOW_SECONDS = 2.0
"""Seconds that a response takes longer under the fault `slow`."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of the requests that fail.

    Attributes:
        shares: Share (0 to 1) of each fault: an HTTP status as text, or one of `FAULT_NAMES`.
    """

    shares: Mapping[str, float]

    @classmethod
    def parse(cls, faults: Iterable[str] | Mapping[str, float] = ()) -> "Faults":
        """Parses `["429=0.05", "drop=0.01"]`, or the same as a mapping.

        Args:
            faults: Share (0 to 1) of each fault.

        Returns:
            The faults.

        Raises:
            ValueError: A fault is unknown or repeated, a share is not from 0 to 1, or the shares
                sum to more than 1.
        """
        if isinstance(faults, str):
            raise ValueError(f"invalid faults {faults!r}: write a list")
        pairs = faults.items() if isinstance(faults, Mapping) else map(_split, faults)
        shares: dict[str, float] = {}
        for name, share in pairs:
            _check(name, share)
            if name in shares:
                raise ValueError(f"fault {name!r} is repeated")
            shares[name] = float(share)
        if (total := math.fsum(shares.values())) > 1:
            raise ValueError(f"shares of all faults sum to {total:g}, which is more than 1")
        return cls(shares)

    def draw(self, rng: random.Random) -> str | None:
        """Draws the fault of one request; None for no fault."""
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
            f"invalid fault {text!r}: write NAME=SHARE, such as '429=0.05' or 'drop=0.01'"
        ) from None


def _check(name: str, share: float) -> None:
    is_status = name.isascii() and name.isdigit() and 400 <= int(name) <= 599
    if not is_status and name not in FAULT_NAMES:
        raise ValueError(
            f"unknown fault {name!r}: write an HTTP status from 400 to 599, such as '429', or one "
            f"of {', '.join(FAULT_NAMES)}"
        )
    # Shares from JSON settings may have any type.
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise ValueError(f"share of fault {name!r} must be from 0 to 1, not {share!r}")
